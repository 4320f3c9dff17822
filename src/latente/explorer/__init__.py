"""The explorer: an interactive page on which a reader drags through the latent spaces of the study."""
