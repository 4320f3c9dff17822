"""Read YAML 1.2 as DVC does, and keep the line number of every key."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from latente.errors import ParamsError, one_line


def read(file: Path, *, fast: bool = False) -> Any:
    """Parse a YAML 1.2 file as DVC does, and keep the line numbers.

    Args:
        file: The file.
        fast: Whether to use the parser in C: ten times as fast, without line numbers, and without protection against
            hostile nesting. It is for files that a program wrote, and for files that were already checked.

    Raises:
        ParamsError: The file is missing, not UTF-8, or not YAML.
    """
    try:
        return parse(file.read_bytes(), file, fast=fast)
    except FileNotFoundError:
        raise ParamsError(f"{file}: no such file; run from the project's root") from None
    except OSError as error:
        raise ParamsError(f"{file}: cannot be read ({error.strerror})") from None


def parse(content: bytes, file: Path, *, fast: bool = False) -> Any:
    """Parse the content of a YAML file as `read` does.

    Raises:
        ParamsError: The content is not UTF-8, or not YAML.
    """
    try:
        return YAML(typ="safe" if fast else "rt").load(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ParamsError(f"{file}: not UTF-8 (byte {error.start}); save the file as UTF-8") from None
    except MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ParamsError(f"{file}{line}: not valid YAML: {one_line(error.problem, part='first')}") from None
    except RecursionError:
        raise ParamsError(f"{file}: not valid YAML: nested too deeply") from None
    except (YAMLError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        # The library does not catch some Python errors, for example the error of an impossible date.
        raise ParamsError(f"{file}: not valid YAML: {one_line(error)}") from None
