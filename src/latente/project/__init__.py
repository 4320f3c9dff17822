"""The files of the project: paths, parameters, digests. It changes no byte of an output."""
