"""What all variants share: layers, loss terms, the factory, and files of weights."""
