"""What all variants share: layers, loss terms, the factory, and weights as files."""
