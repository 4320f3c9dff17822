"""Files, archives and parameters cannot run code, and servers answer only this machine."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from latente.errors import ParamsError
from latente.project import explaining, params, sections
from tests import committed
from tests.support import ROOT

SOURCES = sorted(
    file for folder in ("src", "pipeline", "benchmarks", "tests") for file in (ROOT / folder).rglob("*.py")
)

FORBIDDEN_IMPORTS = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "tarfile", "yaml"}
FORBIDDEN_CALLS = {
    "eval",
    "exec",
    "compile",
    "__import__",
    "os.system",
    "os.popen",
    "os.execl",
    "torch.load",
    "torch.save",
    "torch.jit.load",
    "pd.read_pickle",
    "tempfile.mktemp",
    "subprocess.getoutput",
    "shutil.unpack_archive",
}
FORBIDDEN_METHODS = {"extractall", "extract", "to_pickle"}
FORBIDDEN_OPTIONS = {"shell": True, "allow_pickle": True, "verify": False, "weights_only": False}


def dangers(source: str) -> Iterator[str]:
    """The imports and calls of a source file that could run foreign code or write to a wrong place."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.partition(".")[0] in FORBIDDEN_IMPORTS)
        elif isinstance(node, ast.ImportFrom):
            harmless = node.module == "joblib" and [name.name for name in node.names] == ["cpu_count"]
            forbidden = (node.module or "").partition(".")[0] in FORBIDDEN_IMPORTS
            yield from ([node.module] if forbidden and not harmless else [])
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name in FORBIDDEN_CALLS or name.rpartition(".")[2] in FORBIDDEN_METHODS:
                yield name
            for option in node.keywords:
                value = option.value.value if isinstance(option.value, ast.Constant) else None
                if option.arg in FORBIDDEN_OPTIONS and value is FORBIDDEN_OPTIONS[option.arg]:
                    yield f"{name}({option.arg}={value})"
            if name.endswith("YAML") and any(ast.unparse(option.value) == "'unsafe'" for option in node.keywords):
                yield "YAML(typ='unsafe')"


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_nothing_runs_foreign_code(file: Path) -> None:
    """The code uses no pickle, no evaluated text, no shell, no unpacked archive, and no unchecked certificate."""
    assert list(dangers(file.read_text())) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "eval('1')",
        "subprocess.run('ls', shell=True)",
        "torch.load(file)",
        "np.load(file, allow_pickle=True)",
        "archive.extractall(folder)",
        "YAML(typ='unsafe')",
        "requests.get(url, verify=False)",
    ],
)
def test_the_scan_finds(source: str) -> None:
    """The scan reports dangerous code."""
    assert list(dangers(source))


def test_stages_are_started_by_commands_without_a_shells_tricks() -> None:
    """DVC runs the command of a stage in a shell. Its variable parts can only be names and whole numbers."""
    for file in (ROOT / "dvc.yaml", ROOT / "survey/dvc.yaml"):
        for line in file.read_text().splitlines():
            if line.strip().startswith("cmd:"):
                assert not set(";|&`><\"'\\*?") & set(line)
    for name in ("ae; touch x", "$(id)", "-x", "a b", "ä"):
        with pytest.raises(ParamsError):
            explaining.check(sections.Study, {"models": [name], "seeds": [0], "latent_dim": 2})


HOSTILE = "<script>alert('x')</script><img src=x onerror=alert(1)>\"'&{{ 7 * 7 }}"


def poisoned(value: Any) -> Any:
    """The same value, with hostile text before every sentence and name."""
    if isinstance(value, dict):
        return {
            key: HOSTILE + inner if key == "sentence" or (key == "name" and "thesis" not in value) else poisoned(inner)
            for key, inner in value.items()
        }
    return [poisoned(inner) for inner in value] if isinstance(value, list) else value


def test_the_report_escapes_what_comes_from_parameters() -> None:
    """A person can write any sentence or name for a claim; the page shows it as plain text."""
    study = params.load(ROOT / "params.yaml")
    claims = params.rules(study.claims, ROOT / "claims.yaml")
    for name, claim in claims.tested.items():
        claims.tested[name] = claim.model_copy(update={"sentence": HOSTILE + claim.sentence})
    page = committed.report(poisoned, claims=claims).decode()
    assert page.count("&lt;script&gt;alert(") >= len(claims.tested)
    assert "<script" not in page
    assert "<img src=x" not in page
    assert "{{ 7 * 7 }}" in page
    assert "default-src 'none'" in page


def test_servers_are_on_the_loopback_with_their_hosts_named() -> None:
    """`make ui` serves only this machine. No command line has a password, because other users can read it."""
    makefile = (ROOT / "Makefile").read_text()
    served = makefile[makefile.index("\nui:") :].partition("\n\n")[0]
    assert "--host 127.0.0.1" in served
    assert "--allowed-hosts localhost:5000,127.0.0.1:5000" in served
    assert "--backend-store-uri" not in served
