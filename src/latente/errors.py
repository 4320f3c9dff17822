"""Errors that a user can fix: what went wrong, where, and what to do."""

from typing import Literal


class LatenteError(Exception):
    """An error the user can fix; printed without a traceback, exit status 1."""

    status = 1


class ParamsError(LatenteError):
    """The parameters are not a valid study; exit status 2."""

    status = 2


class DataError(LatenteError):
    """A data file is missing, damaged, or not what its name says."""


def one_line(error: object, part: Literal["all", "first", "last"] = "all", limit: int = 300) -> str:
    r"""The message of an error, or the output of a program, in one line.

    Args:
        error: The error, or the text.
        part: Which lines of the message: all of them joined, or the first or the last that is not empty. Databases put
            the cause in the first line, programs such as pip in the last.
        limit: The greatest length, in characters.

    Returns:
        The line; the name of the error's class if the message is empty.

    Example:
        >>> one_line(ValueError("too  long,\n  too wide"))
        'too long, too wide'
        >>> one_line("Looking in links: folder\nERROR: no such package\n", part="last")
        'ERROR: no such package'
    """
    lines = [" ".join(line.split()) for line in str(error).splitlines() if line.strip()]
    kept = {"all": lines, "first": lines[:1], "last": lines[-1:]}[part]
    return " ".join(kept)[:limit] or type(error).__name__
