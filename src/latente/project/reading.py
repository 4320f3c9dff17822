"""Read YAML 1.2 as DVC does, and keep the line number of every key."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from latente.errors import ParamsError, one_line


def read(file: Path) -> Any:
    """Parse a YAML 1.2 file as DVC does, and keep the line numbers.

    Raises:
        ParamsError: The file is missing, not UTF-8, or not YAML.
    """
    try:
        return parse(file.read_bytes(), file)
    except FileNotFoundError:
        raise ParamsError(f"{file}: no such file; run from the project's root") from None
    except OSError as error:
        raise ParamsError(f"{file}: cannot be read ({error.strerror})") from None


def parse(content: bytes, file: Path) -> Any:
    """Parse the content of a YAML file as `read` does.

    Raises:
        ParamsError: The content is not UTF-8, or not YAML.
    """
    try:
        return YAML().load(content.decode("utf-8"))
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
