"""The files of the project: paths, parameters, digests. This package cannot change the bytes of an output."""
