"""Any content of params.yaml is a valid study, or gives errors with file, line and key, and exit status 2."""

import copy
import io
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from latente import cli
from tests.support import ROOT

LINE = re.compile(r"(params|claims)\.yaml(:\d+)?: \S.*")


def small() -> dict[str, Any]:
    """A valid study, file by file, with a single claim, so that parsing is fast."""
    yaml = YAML(typ="safe")
    claims = yaml.load(ROOT / "tests/claims.yaml")["claims"]
    claims = {"claims": {"separation": claims["separation"]}}
    return {"params.yaml": yaml.load(ROOT / "tests/params.yaml"), "claims.yaml": claims}


STUDY = small()


def dumped(document: Any) -> str:
    stream = io.StringIO()
    YAML().dump(document, stream)
    return stream.getvalue()


TEXTS = {file: dumped(document) for file, document in STUDY.items()}
TEXT = TEXTS["params.yaml"]


def parts(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of every section, list and leaf."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from parts(inner, (*path, key))


PARTS = [path for path in parts(STUDY) if len(path) > 1]
"""Each path starts with the name of its file."""

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=2**63)
    | st.just(10**4000)
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.text(max_size=20)
    | st.dates()
    | st.binary(max_size=5)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(SCALARS.filter(lambda key: key is not None), inner, max_size=3)
    ),
    max_leaves=5,
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def verdict(content: bytes, capsys: pytest.CaptureFixture[str], changed: str = "params.yaml") -> list[str]:
    """The errors of `latente params` for a study with one changed file; an empty list for a valid study."""
    assert Path.cwd() != ROOT
    for file, text in TEXTS.items():
        Path(file).write_bytes(content if file == changed else text.encode())
    try:
        cli.main(["params"])
    except SystemExit as ended:
        status = ended.code
    else:
        status = 0
    if status:
        assert status == 2
        errors = capsys.readouterr().err
        lines = errors.splitlines()
        assert errors.endswith("\n")
        assert lines
        assert all(LINE.fullmatch(line) for line in lines), errors
        assert all(len(line) < 1000 for line in lines)
        return lines
    assert "valid" in capsys.readouterr().out
    return []


hostile = settings(
    max_examples=int(os.environ.get("HOSTILE_EXAMPLES", "40")),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def test_the_study_is_valid(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The unchanged study is valid."""
    assert verdict(TEXT.encode(), capsys) == []


@hostile
@given(path=st.sampled_from(PARTS), value=VALUES)
def test_a_part_of_another_kind(
    folder: Path, capsys: pytest.CaptureFixture[str], path: tuple[str | int, ...], value: object
) -> None:
    """Any section, list or leaf gets any other value. If the study is not valid, the error names the key."""
    document = copy.deepcopy(STUDY)
    node = document
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    try:
        text = dumped(document[path[0]]).encode()
    except (ValueError, TypeError, UnicodeEncodeError):
        return  # YAML cannot write such a value
    for line in verdict(text, capsys, str(path[0])):
        assert "not valid YAML" in line or str(path[1]) in line or "study.models names" in line, line


@hostile
@given(path=st.sampled_from(PARTS), name=st.text(max_size=12) | st.integers() | st.sampled_from(["seeds", "beta"]))
def test_a_key_gone_or_renamed(
    folder: Path, capsys: pytest.CaptureFixture[str], path: tuple[str | int, ...], name: str | int
) -> None:
    """Unknown and missing keys give errors, never a traceback."""
    document = copy.deepcopy(STUDY)
    node = document
    for key in path[:-1]:
        node = node[key]
    value = node.pop(path[-1])
    if isinstance(node, dict) and name not in node and name != path[-1]:
        node[name] = value
    try:
        text = dumped(document[path[0]]).encode()
    except (ValueError, UnicodeEncodeError):
        return
    verdict(text, capsys, str(path[0]))


@hostile
@given(
    file=st.sampled_from(list(TEXTS)),
    at=st.integers(0, len(TEXT)),
    piece=st.sampled_from(
        ["\t", "&a ", "*a", "<<: *a\n", ": ", "- ", "{", "]", "'", '"', "|", ">", "%", "@", "`", "\n", "#"]
    )
    | st.sampled_from(
        [
            "!!python/object:os.system ",
            "!!binary ",
            "!!set ",
            "!x ",
            "---\n",
            "...\n",
            "? ",
            "\0",
            "\u2028",
            "\x85",
            "\ud7ff",
        ]
    )
    | st.text(max_size=5),
)
def test_a_slip_of_the_editor(folder: Path, capsys: pytest.CaptureFixture[str], file: str, at: int, piece: str) -> None:
    """A few extra characters anywhere give errors, never a traceback."""
    verdict((TEXTS[file][:at] + piece + TEXTS[file][at:]).encode("utf-8", "surrogatepass"), capsys, file)


@hostile
@given(first=st.integers(0, TEXT.count("\n")), second=st.integers(0, TEXT.count("\n")))
def test_lines_moved_and_doubled(folder: Path, capsys: pytest.CaptureFixture[str], first: int, second: int) -> None:
    """A line is copied to any place, which also makes duplicate keys."""
    lines = TEXT.splitlines(keepends=True)
    lines.insert(second, lines[min(first, len(lines) - 1)])
    verdict("".join(lines).encode(), capsys)


@hostile
@given(content=st.binary(max_size=200), file=st.sampled_from(list(TEXTS)))
@example(b"\xff\xfes\0t\0", "params.yaml")
@example(b"\0", "claims.yaml")
def test_any_bytes(folder: Path, capsys: pytest.CaptureFixture[str], content: bytes, file: str) -> None:
    """Random bytes are never a valid study."""
    assert verdict(content, capsys, file)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (TEXT.encode("utf-16"), "not UTF-8"),
        (TEXT.encode("utf-32"), "not UTF-8"),
        (TEXT.replace("separation:", "separación:").encode("latin-1"), "not UTF-8"),
        (("[" * 5000 + "]" * 5000).encode(), "nested too deeply"),
        (("a: " + "{b: " * 3000 + "1" + "}" * 3000).encode(), "nested too deeply"),
        (b"study: &a [*a]\n", "study"),
        (b"study: &a {models: *a}\n", "study"),
        (b"---\nstudy: 1\n---\nstudy: 2\n", "not valid YAML"),
        (TEXT.replace("latent_dim: 16", "latent_dim: 16\n  latent_dim: 8").encode(), "found duplicate key"),
        (TEXT.replace("  latent_dim", "\tlatent_dim").encode(), "not valid YAML"),
        (TEXT.replace("latent_dim: 16", "latent_dim: " + "9" * 5000).encode(), "not valid YAML: Exceeds the limit"),
        (TEXT.replace("latent_dim: 16", "latent_dim: 0x" + "f" * 5000).encode(), "study.latent_dim"),
        (TEXT.replace("latent_dim: 16", "latent_dim: 1e999999").encode(), "study.latent_dim"),
        (TEXT.replace("latent_dim: 16", "latent_dim: !!python/object:os.system 16").encode(), "study.latent_dim"),
        (TEXT.replace("latent_dim: 16", "latent_dim: 2026-11-23").encode(), "study.latent_dim"),
        (TEXT.replace("latent_dim: 16", "latent_dim:").encode(), "study.latent_dim"),
        (TEXT.replace("latent_dim: 16", "latent_dim: true").encode(), "study.latent_dim"),
        (TEXT.replace("latent_dim: 16", "latent_dim: '16'").encode(), "study.latent_dim"),
        (TEXT.replace("latent_dim: 16", "? [a, b]\n  : 16").encode(), "study"),
        (TEXT.replace("latent_dim: 16", "1: 16").encode(), "study"),
    ],
)
def test_known_tricks(folder: Path, capsys: pytest.CaptureFixture[str], content: bytes, expected: str) -> None:
    """The error is clear for other encodings, deep nesting, several documents, huge numbers, tags and odd keys."""
    assert any(expected in line for line in verdict(content, capsys))


def test_anchors_are_yaml(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An alias stands for its value, and a byte order mark is not an error."""
    assert verdict(TEXT.replace("latent_dim: 16", "latent_dim: &a 16").encode("utf-8-sig"), capsys) == []
    text = TEXT.replace("latent_dim: 16", "latent_dim: &a 16").replace("threads: 2", "threads: *a")
    assert verdict(text.encode(), capsys) == []


LEVELS = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"] + [
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)
]
"""Aliases of aliases: these few lines stand for ten billion items."""


@pytest.mark.parametrize("key", ["latent_dim", "models", "seeds"])
def test_laughs_without_end_are_cut_short(folder: Path, capsys: pytest.CaptureFixture[str], key: str) -> None:
    """The aliases are values of unknown keys, and of one known key."""
    text = re.sub(rf"  {key}:.*\n(  - .*\n)*", f"  {key}: *a9\n", TEXT, count=1)
    errors = verdict(("\n".join(LEVELS) + "\n" + text).encode(), capsys)
    assert sum("unknown key" in line for line in errors) == 10
    assert any(f"study.{key}" in line for line in errors)


def test_a_folder_in_its_place_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """params.yaml is a folder, and the error says so."""
    Path("params.yaml").mkdir()
    with pytest.raises(SystemExit) as ended:
        cli.main(["params"])
    assert ended.value.code == 2
    assert capsys.readouterr().err == "params.yaml: cannot be read (Is a directory)\n"
