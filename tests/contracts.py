"""What each stage imports and reads; a test compares it with dvc.yaml."""

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
NETS = "src/latente/models/nets"
OF_ONE_NET = f"{NETS}/${{network.name}}.py"
SPECS = "src/latente/sources/specs"
OF_ONE_SPEC = f"{SPECS}/${{data.name}}.py"
TEMPLATES = "src/latente/report/templates"

_BY_NAME = {  # modules that import the members of a package by name; the import graph does not show that
    "latente.models.network.autoencoder": "latente.models.nets",
    "latente.models.network.factory": "latente.models.variants",
    "latente.sources.fetching": "latente.sources.specs",
}


def stages() -> dict[str, Any]:
    """The stages of the study and of the survey, as in the dvc.yaml files."""
    study, survey = (YAML(typ="safe").load(ROOT / file)["stages"] for file in ("dvc.yaml", "survey/dvc.yaml"))
    return study | {name: stage["do"] for name, stage in survey.items()}


def entrypoint(stage: str) -> str:
    """The file of pipeline/ that the command of a stage starts; two stages of the survey can share one."""
    return str(stages()[stage]["cmd"]).split()[2].removeprefix("pipeline.")


def code(stage: str) -> set[str]:
    """The code files that affect the outputs of a stage: its entrypoint, the modules it imports, and templates.

    The variants are one entry: for a stage of one model, the file of this model; for other stages, the folder. So are
    the specs, the file of the data set; and the nets, the file of the network, or the folder for a stage of the survey.
    """
    files = {_file(module) for module in modules(stage)}
    if any("PackageLoader" in (ROOT / file).read_text() for file in files):
        files |= {str(file.relative_to(ROOT)) for file in (ROOT / TEMPLATES).rglob("*") if file.is_file()}
    found, of_survey = stages()[stage], "wdir" in stages()[stage]
    one = {
        SPECS: OF_ONE_SPEC,
        NETS: NETS if of_survey else OF_ONE_NET,
        VARIANTS: OF_ONE_MODEL if "matrix" in found or of_survey else VARIANTS,
    }
    return {next((entry for folder, entry in one.items() if file.startswith(folder)), file) for file in files}


def modules(stage: str) -> set[str]:
    """The modules of this project that a stage imports, with its entrypoint, but without plumbing."""
    found, waiting = set[str](), {f"pipeline.{entrypoint(stage)}"}
    while waiting:
        module = waiting.pop()
        found.add(module)
        waiting |= {name for name in _imports(module) if _is_ours(name) and not _is_plumbing(name)} - found
    return found


def packages(stage: str) -> set[str]:
    """The third-party packages that the modules of a stage import, with their names in the lock file."""
    names = {name for module in modules(stage) for name in _imports(module) if _is_third_party(name)}
    owners = packages_distributions()
    return {re.sub(r"[-_.]+", "-", owner).lower() for name in names for owner in owners[name]}


def third_party(module: str) -> set[str]:
    """The import names of the third-party packages that a module needs, also through plumbing."""
    return {name for name in graph().find_upstream_modules(module) if _is_third_party(name)}


def parameters(stage: str) -> set[str]:
    """The dotted keys of the parameters that the body of a stage reads.

    A stage for one model reads the section of this model. A stage for all models reads the sections of all models.

    Raises:
        AssertionError: The body passes all parameters to other code, so this function cannot see which ones it reads.
    """
    tree = ast.parse((ROOT / f"pipeline/{stage}.py").read_text())
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == "params"]
    model = "models.${item.model}" if "matrix" in stages()[stage] else "models"
    keys = {_key(node, parents, model) for node in names}
    return {key for key in keys if not any(key.startswith(f"{whole}.") for whole in keys)}


@cache
def graph() -> grimp.ImportGraph:
    """The import graph of the project; a third-party package is one node."""
    return grimp.build_graph("latente", "pipeline", include_external_packages=True, cache_dir=None)


def _imports(module: str) -> set[str]:
    members = graph().find_children(_BY_NAME[module]) if module in _BY_NAME else set[str]()
    return graph().find_modules_directly_imported_by(module) | members


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] in ("latente", "pipeline")


def _is_third_party(module: str) -> bool:
    return not _is_ours(module) and module not in sys.stdlib_module_names


def _is_plumbing(module: str) -> bool:
    return any(f"{module}.".startswith(f"{name}.") for name in PLUMBING)


def _file(module: str) -> str:
    """The file of a module, relative to the root of the project."""
    base = ("src/" if module.startswith("latente") else "") + module.replace(".", "/")
    return f"{base}.py" if (ROOT / f"{base}.py").exists() else f"{base}/__init__.py"


def _key(node: ast.AST, parents: dict[ast.AST, ast.AST], model: str) -> str:
    chain: list[str] = []
    while isinstance(parents[node], ast.Attribute):
        node = parents[node]
        chain.append(node.attr)
    assert chain, "the body of a stage must name the parameters that it reads"
    if chain == ["model"]:
        return model
    if chain == ["analysis"]:
        return f"analyses.{ast.literal_eval(parents[node].args[0])}"
    return ".".join(chain)
