"""The autoencoders: the shared network (`network`), the training (`training`), one file per variant (`variants`)."""
