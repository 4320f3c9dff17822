"""The variants, one file each: a class `Model` and the class `Options` of its section in params.yaml."""
