"""Errors that a user can fix: what went wrong, where, and what to do."""

from typing import Literal


class LatenteError(Exception):
    """An error the user can fix; printed without a traceback, exit status 1."""

    status = 1


class ParamsError(LatenteError):
    """The parameters are not a valid study; exit status 2."""

    status = 2


class DataError(LatenteError):
    """A data file is missing, damaged, or has the wrong content."""


def one_line(error: object, part: Literal["all", "first", "last"] = "all", limit: int = 300) -> str:
    r"""Shorten the message of an error, or the output of a program, to one line.

    Args:
        error: The error, or the output as text.
        part: Which lines to keep: all lines joined, the first line, or the last line; empty lines do not count.
            Databases put the cause in the first line. Programs such as pip put it in the last line.
        limit: Maximum length, in characters.

    Returns:
        The line, or the name of the error's class if the message is empty.

    Example:
        >>> one_line(ValueError("too  long,\n  too wide"))
        'too long, too wide'
        >>> one_line("Looking in links: folder\nERROR: no such package\n", part="last")
        'ERROR: no such package'
    """
    lines = [" ".join(line.split()) for line in str(error).splitlines() if line.strip()]
    kept = {"all": lines, "first": lines[:1], "last": lines[-1:]}[part]
    return " ".join(kept)[:limit] or type(error).__name__
