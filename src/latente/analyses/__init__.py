"""One analysis per file: a function from arrays to a `Result`, and the class `Options` of its params.yaml section."""
