"""One measure a file: arrays or a model in, numbers out."""
