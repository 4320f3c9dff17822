"""Errors meant for a person: what went wrong, where, and what to do."""


class LatenteError(Exception):
    """Something a person can mend; shown without a traceback, exit status 1."""

    status = 1


class ParamsError(LatenteError):
    """The parameters are not a valid study; exit status 2."""

    status = 2


class DataError(LatenteError):
    """A data file is missing, damaged, or not what its name says."""
