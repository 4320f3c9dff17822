"""One analysis a file: arrays in, a `Result` out; the class `Options` of its section in params.yaml."""
