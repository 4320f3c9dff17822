"""What does the latent space of an autoencoder hold? A tracked, reproducible answer."""
