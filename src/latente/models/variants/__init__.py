"""One file per variant: the class `Model`, and the class `Options` of its section in params.yaml."""
