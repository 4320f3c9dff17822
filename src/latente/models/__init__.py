"""The autoencoders: what all share (`network`), how they are trained (`training`), one file a variant (`variants`)."""
