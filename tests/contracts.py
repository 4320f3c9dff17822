"""What each stage imports and reads, to compare with dvc.yaml."""

import ast
import re
import sys
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import grimp
from ruamel.yaml import YAML

from latente.project.declared import PLUMBING

ROOT = Path(__file__).parent.parent

VARIANTS = "src/latente/models/variants"
OF_ONE_MODEL = f"{VARIANTS}/${{item.model}}.py"
TEMPLATES = "src/latente/report/templates"

_FACTORY = "latente.models.network.factory"  # imports the variants by name, which no graph of imports shows


def stages() -> dict[str, Any]:
    """The stages of the study and of the survey, as written."""
    study, survey = (YAML(typ="safe").load(ROOT / file)["stages"] for file in ("dvc.yaml", "survey/dvc.yaml"))
    return study | {name: stage["do"] for name, stage in survey.items()}


def code(stage: str) -> set[str]:
    """The files of code that shape the outputs of a stage: its own, those it imports, and templates.

    The variants stand as one entry: the file of the item's model for a stage of one model, else their folder.
    """
    files = {_file(module) for module in modules(stage)}
    if any("PackageLoader" in (ROOT / file).read_text() for file in files):
        files |= {str(file.relative_to(ROOT)) for file in (ROOT / TEMPLATES).iterdir()}
    others = {file for file in files if not file.startswith(VARIANTS)}
    if others == files:
        return files
    return others | {OF_ONE_MODEL if "matrix" in stages()[stage] else VARIANTS}


def modules(stage: str) -> set[str]:
    """The modules of ours that a stage imports, itself included, plumbing left out."""
    found, waiting = set[str](), {f"pipeline.{stage}"}
    while waiting:
        module = waiting.pop()
        found.add(module)
        waiting |= {name for name in _imports(module) if _is_ours(name) and not _is_plumbing(name)} - found
    return found


def packages(stage: str) -> set[str]:
    """The packages of others that these modules import, by the names of the lock."""
    names = {name for module in modules(stage) for name in _imports(module) if _is_third_party(name)}
    owners = packages_distributions()
    return {re.sub(r"[-_.]+", "-", owner).lower() for name in names for owner in owners[name]}


def third_party(module: str) -> set[str]:
    """The import names of the packages of others that a module needs, plumbing included."""
    return {name for name in graph().find_upstream_modules(module) if _is_third_party(name)}


def parameters(stage: str) -> set[str]:
    """The parameters that a stage's body reads, as dotted keys.

    A stage for one model reads the section of that model; one for all models reads all of them.

    Raises:
        AssertionError: The body passes all parameters on, so this function cannot see which ones are read.
    """
    tree = ast.parse((ROOT / f"pipeline/{stage}.py").read_text())
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == "params"]
    model = "models.${item.model}" if "matrix" in stages()[stage] else "models"
    keys = {_key(node, parents, model) for node in names}
    return {key for key in keys if not any(key.startswith(f"{whole}.") for whole in keys)}


@cache
def graph() -> grimp.ImportGraph:
    """Which module imports which; a package of others is one node."""
    return grimp.build_graph("latente", "pipeline", include_external_packages=True, cache_dir=None)


def _imports(module: str) -> set[str]:
    variants = graph().find_children("latente.models.variants") if module == _FACTORY else set[str]()
    return graph().find_modules_directly_imported_by(module) | variants


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] in ("latente", "pipeline")


def _is_third_party(module: str) -> bool:
    return not _is_ours(module) and module not in sys.stdlib_module_names


def _is_plumbing(module: str) -> bool:
    return any(f"{module}.".startswith(f"{name}.") for name in PLUMBING)


def _file(module: str) -> str:
    """The file of a module, relative to the project's root."""
    base = ("src/" if module.startswith("latente") else "") + module.replace(".", "/")
    return f"{base}.py" if (ROOT / f"{base}.py").exists() else f"{base}/__init__.py"


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
