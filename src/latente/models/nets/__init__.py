"""One file per network: the functions `encoder` and `decoder`, which build its layers."""
