"""versions.yaml: the version of every package that a stage imports, and the versions of the packages it requires.

A stage declares these packages as parameters. Therefore a new version of torch reruns the stages that import torch, and
a new version of MLflow reruns no stage. `make lock` writes the file from requirements.lock.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from latente.errors import LatenteError
from latente.project import declared, files, paths

_PIN = re.compile(r"(?P<name>[\w-]+)==(?P<version>[^\s;]+)[^#]*(?:# via (?P<via>.*))?")

_HEADER = "# Written by `make lock` from requirements.lock: each package that a stage imports, and what it requires.\n"


@dataclass
class Package:
    """A package of the lock.

    Attributes:
        pins: `name==version`; there are several pins if the version depends on the Python version.
        requires: Names of the packages that it requires.
    """

    pins: list[str] = field(default_factory=list)
    requires: set[str] = field(default_factory=set)


def parse(lock: str) -> dict[str, Package]:
    r"""The packages of a lock.

    Args:
        lock: Lines `name==version ; marker  # via a, b`; `a` and `b` are the packages that require this one.

    Example:
        >>> parse("numpy==2.4.6  # via scipy\nscipy==1.17.1  # via latente (pyproject.toml)")["scipy"]
        Package(pins=['scipy==1.17.1'], requires={'numpy'})
    """
    lines = [match for line in lock.splitlines() if (match := _PIN.match(line))]
    packages = {line["name"]: Package() for line in lines}
    for line in lines:
        packages[line["name"]].pins.append(f"{line['name']}=={line['version']}")
        for parent in (line["via"] or "").split(", "):
            if parent in packages:
                packages[parent].requires.add(line["name"])
    return packages


def pins(packages: Mapping[str, Package], name: str) -> str:
    r"""The pins of a package, then the pins of its direct and indirect requirements, sorted by name.

    Raises:
        LatenteError: The lock has no such package.

    Example:
        >>> pins(parse("numpy==2.4.6  # via scipy\nscipy==1.17.1"), "scipy")
        'scipy==1.17.1 numpy==2.4.6'
    """
    if name not in packages:
        raise LatenteError(
            f"a stage declares the package {name}, but {paths.requirements()} does not have it; run `make lock`"
        )
    required, waiting = set[str](), [name]
    while waiting:
        more = packages[waiting.pop()].requires - required
        required |= more
        waiting += more
    names = [name, *sorted(required - {name})]
    return " ".join(chain.from_iterable(packages[each].pins for each in names))


def to_yaml(lock: str) -> bytes:
    """The content of versions.yaml for a lock: one line for each package that a stage declares.

    Raises:
        LatenteError: A stage declares a package that the lock does not have.
    """
    packages = parse(lock)
    return "".join([_HEADER, *(f"{name}: {pins(packages, name)}\n" for name in declared.packages())]).encode()


def write() -> None:
    """Write versions.yaml.

    Raises:
        LatenteError: requirements.lock does not exist, or it lacks a package that a stage declares.
    """
    if not paths.requirements().exists():
        raise LatenteError(f"{paths.requirements()}: no such file; run `make lock` in the root of the project")
    files.write(paths.versions(), to_yaml(paths.requirements().read_text()))


def differences(was: str, now: str) -> Iterator[str]:
    """Sentences about the pins that differ between two values of a package in versions.yaml.

    Example:
        >>> list(differences("torch==2.14.1 sympy==1.14", "torch==2.15.0 sympy==1.14"))
        ['torch is 2.15.0, was 2.14.1']
    """
    before, after = _by_name(was), _by_name(now)
    for name in before | after:
        if name not in before:
            yield f"{name} is new, {after[name]}"
        elif name not in after:
            yield f"{name} is gone, was {before[name]}"
        elif before[name] != after[name]:
            yield f"{name} is {after[name]}, was {before[name]}"


def _by_name(value: str) -> dict[str, str]:
    """Package -> its version, or all its versions if they depend on the Python version."""
    found: dict[str, str] = {}
    for pin in value.split():
        name, _, version = pin.partition("==")
        found[name] = f"{found[name]} or {version}" if name in found else version
    return found
