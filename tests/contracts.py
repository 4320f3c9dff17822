"""What each stage imports and reads, found by walking its source, to hold against dvc.yaml."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from latente.declared import PLUMBING

MODELS = "src/latente/models"
TEMPLATES = "src/latente/templates"


def stages(root: Path) -> dict[str, Any]:
    """The stages of the study and of the audit, as written."""
    audit = YAML(typ="safe").load(root / "robustness/dvc.yaml")["stages"]
    return YAML(typ="safe").load(root / "dvc.yaml")["stages"] | {name: each["do"] for name, each in audit.items()}


def code(root: Path, stage: str) -> set[str]:
    """The files of code that a stage depends on: its own, and what they import, plumbing and bare packages left out.

    A stage for one model depends on the file of that model; one for all models on their folder.
    """
    found = {f"pipeline/{stage}.py"}
    waiting = [root / f"pipeline/{stage}.py"]
    while waiting:
        source = waiting.pop()
        if "PackageLoader" in source.read_text():
            found |= {str(file.relative_to(root)) for file in (root / TEMPLATES).iterdir()}
        new = {file for file in _imported(root, source) if str(file.relative_to(root)) not in found}
        for file in new:
            if file.parent == root / MODELS:  # the registry imports a model by name
                waiting += (root / MODELS).glob("[a-z]*.py")
        found |= {str(file.relative_to(root)) for file in new}
        waiting += new
    matrix = "matrix" in stages(root)[stage]
    if any(name.startswith(MODELS) for name in found):
        found = {name for name in found if not name.startswith(MODELS)}
        found |= {f"{MODELS}/__init__.py", f"{MODELS}/${{item.model}}.py"} if matrix else {MODELS}
    return found


def parameters(root: Path, stage: str) -> set[str]:
    """The parameters that a stage's body reads, as dotted keys.

    A stage for one model reads the section of that model; one for all models reads all of them.

    Raises:
        AssertionError: The body hands all parameters on, so that what is read of them cannot be told.
    """
    tree = ast.parse((root / f"pipeline/{stage}.py").read_text())
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == "params"]
    model = "models.${item.model}" if "matrix" in stages(root)[stage] else "models"
    keys = {_key(node, parents, model) for node in names}
    return {key for key in keys if not any(key.startswith(f"{whole}.") for whole in keys)}


def third_party(root: Path, source: Path) -> set[str]:
    """The packages of others that a file and what it imports of ours import, plumbing included."""
    found, waiting, seen = set[str](), [source], set[Path]()
    while waiting:
        file = waiting.pop()
        seen.add(file)
        names = set(_modules(file))
        found |= {name.partition(".")[0] for name in names} - {"latente", *sys.stdlib_module_names}
        ours = {inner for name in names if name.startswith("latente.") and (inner := _file(root, name))}
        waiting += sorted(ours - seen)
    return found


def _key(node: ast.AST, parents: dict[ast.AST, ast.AST], model: str) -> str:
    chain: list[str] = []
    while isinstance(parents[node], ast.Attribute):
        node = parents[node]
        chain.append(node.attr)
    assert chain, "a stage's body must name the parameters it reads"
    if chain == ["model"]:
        return model
    if chain == ["analysis"]:
        return f"analyses.{ast.literal_eval(parents[node].args[0])}"
    return ".".join(chain)


def _imported(root: Path, source: Path) -> Iterator[Path]:
    for name in _modules(source):
        if name.startswith("latente.") and name not in PLUMBING and (file := _file(root, name)):
            yield file


def _modules(source: Path) -> Iterator[str]:
    """The names that a file imports, those of a package's content both as modules and as members."""
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))


def _file(root: Path, module: str) -> Path | None:
    """The file of a module; none if there is no such module, or if it is a package that holds no code."""
    base = root / "src" / module.replace(".", "/")
    for file in (base.with_suffix(".py"), base / "__init__.py"):
        if file.exists() and len(ast.parse(file.read_text()).body) > 1:
            return file
    return None
