"""The confirmation: digests, statuses, refused changes, and a real confirmation of a tiny study."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from latente.errors import LatenteError, ParamsError
from latente.evidence import confirmation, studies, verdicts
from latente.project import changes, params, paths
from latente.project.params import Params
from latente.project.sections import Claim, Claims, Rule
from latente.results import records
from latente.stages import confirming, elsewhere, schema, why
from tests.support import ROOT, Project, interrupting

RULE = Rule(name="silhouette", estimate="a.vae.b - a.ae.b", at_most=0)
CLAIM = Claim(sentence="One is not larger.", thesis=True, tests=(RULE,))
CLAIMS = Claims(confidence=0.95, confirm=("study.seeds=[5]",), tested={"one": CLAIM, "two": CLAIM})
STUDY = {"study": "0123", "train": "4567"}


def decided(**verdicts: str) -> list[dict[str, Any]]:
    """Claims as `verdicts.decide` returns them."""
    return [
        {"name": name, "verdict": verdict, "tests": [{"name": RULE.name, "verdict": verdict}]}
        for name, verdict in verdicts.items()
    ]


def words(
    claims: Claims = CLAIMS, study: Mapping[str, str] = STUDY, stored: Mapping[str, Any] | None = None
) -> dict[str, tuple[str, str]]:
    """Claim -> status and reason, for two supported claims that CLAIMS and STUDY have confirmed."""
    both = decided(one="supported", two="supported")
    stored = confirmation.gather(both, CLAIMS, CLAIMS.confirm, STUDY) if stored is None else stored
    found = confirmation.beside(both, claims, study, stored)
    return {one["name"]: (one["confirmation"], one["confirmation_reason"]) for one in found}


@pytest.mark.parametrize(
    ("claim", "confidence", "same"),
    [
        (CLAIM, 0.95, True),
        (CLAIM, 0.9, False),
        (CLAIM.model_copy(update={"sentence": "s", "thesis": False, "beside": (RULE,), "survey": (RULE,)}), 0.95, True),
        (CLAIM.model_copy(update={"tests": (RULE.model_copy(update={"name": "x"}),)}), 0.95, True),
        (CLAIM.model_copy(update={"tests": (RULE.model_copy(update={"at_most": 0.1}),)}), 0.95, False),
        (CLAIM.model_copy(update={"tests": (RULE.model_copy(update={"at_most": None, "below": 0}),)}), 0.95, False),
        (CLAIM.model_copy(update={"tests": (RULE.model_copy(update={"estimate": "a.vae.b"}),)}), 0.95, False),
        (CLAIM.model_copy(update={"tests": (RULE, RULE)}), 0.95, False),
    ],
)
def test_a_digest_covers_what_decides(claim: Claim, confidence: float, *, same: bool) -> None:
    """An estimate, a bound, the kind of a bound, a further test and the confidence change it; texts do not."""
    assert (confirmation.digest(claim, confidence) == confirmation.digest(CLAIM, 0.95)) == same


@pytest.mark.parametrize(
    ("exploratory", "confirmed", "reason", "expected"),
    [
        ("supported", "supported", "", "confirmed"),
        ("refuted", "refuted", "", "confirmed"),
        ("supported", "refuted", "", "not confirmed"),
        ("supported", "undecided", "", "not confirmed"),
        ("supported", None, "", "not tried"),
        ("supported", "supported", "its rule", "stale"),
        ("undecided", "undecided", "", "nothing to confirm"),
        ("undecided", "supported", "", "nothing to confirm"),
        ("undecided", None, "its rule", "nothing to confirm"),
    ],
)
def test_a_verdict_is_confirmed_by_the_same_verdict(
    exploratory: str, confirmed: str | None, reason: str, expected: str
) -> None:
    """Any other verdict does not confirm it; an undecided verdict has nothing to confirm."""
    assert confirmation.status(exploratory, confirmed, reason) == expected


def test_without_a_confirmation_no_claim_was_tried() -> None:
    """The file of a project before its first confirmation has no claims."""
    assert words(stored={"claims": {}}) == {"one": ("not tried", ""), "two": ("not tried", "")}


def test_a_changed_rule_makes_only_its_claim_stale() -> None:
    """The reason says so; a new sentence changes nothing."""
    stricter = CLAIM.model_copy(update={"tests": (RULE.model_copy(update={"at_most": -0.1}),)})
    reworded = CLAIM.model_copy(update={"sentence": "Another sentence."})
    claims = CLAIMS.model_copy(update={"tested": {"one": stricter, "two": reworded}})
    assert words(claims) == {
        "one": ("stale", "changed after the confirmation: its rule"),
        "two": ("confirmed", ""),
    }


@pytest.mark.parametrize(
    ("claims", "study", "what"),
    [
        (CLAIMS, {**STUDY, "train": "0"}, "train"),
        (CLAIMS, {"study": "0", "train": "0"}, "study, train"),
        (CLAIMS.model_copy(update={"confirm": ("study.seeds=[6]",)}), STUDY, "claims.confirm"),
        (CLAIMS.model_copy(update={"confidence": 0.9}), STUDY, "its rule"),
    ],
)
def test_a_changed_study_makes_every_claim_stale(claims: Claims, study: Mapping[str, str], what: str) -> None:
    """The reason names the sections of params.yaml that changed."""
    assert set(words(claims, study).values()) == {("stale", f"changed after the confirmation: {what}")}


def test_a_claim_shows_its_numbers_in_the_confirmation() -> None:
    """The numbers stay when they are stale; a new claim has none."""
    both = decided(one="supported", two="refuted")
    stored = confirmation.gather(both[:1], CLAIMS, CLAIMS.confirm, STUDY)
    one, two = confirmation.beside(both, CLAIMS, {}, stored)
    assert one["confirmation_tests"] == both[0]["tests"]
    assert (two["confirmation"], two["confirmation_tests"]) == ("not tried", [])


# The changes of the study


def check(study: Params) -> None:
    """Check a study with the claims of the project."""
    schema.check(study, params.rules(study.claims, ROOT / paths.claims()))


def written(folder: Path, *items: str) -> Path:
    """The parameters of the tests, with another list of changes."""
    yaml, file = YAML(), folder / "params.yaml"
    document = yaml.load(ROOT / "tests/params.yaml")
    document["claims"]["confirm"] = list(items)
    yaml.dump(document, file)
    return file


def test_the_study_of_the_confirmation_has_other_seeds_images_and_judge() -> None:
    """The committed list changes seeds, split and judge, and nothing else."""
    study = params.load(ROOT / "params.yaml")
    other = study.confirmation()
    assert other.study.seeds == (10, 11, 12, 13, 14)
    assert (other.split.pool, other.split.seed, other.judge.seed) == (True, 2, 200)
    same = {"study": {"seeds"}, "split": {"pool", "seed"}, "judge": {"seed"}, "claims": {"confirm"}}
    plain = [one.model_dump() for one in (study, other)]
    for one in plain:
        for section, keys in same.items():
            one[section] = {key: value for key, value in one[section].items() if key not in keys}
    assert plain[0] == plain[1]


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (["split.seed=1"], "study.seeds has 0 too; a confirmation needs seeds that are not in the study"),
        (["study.seeds=[4, 2]"], "study.seeds has 2 too"),
        (["study.seed=[5]"], "'study.seed=[5]': unknown key; did you mean 'seeds'?"),
        (["studies.seeds=[5]"], "studies.seeds is in no section that can change; these can: data, study, split, "),
        (["claims.confidence=0.5"], "claims.confidence is in no section that can change"),
        (["study.seeds.of=[5]"], "'study.seeds.of=[5]': no section study.seeds"),
        (["study.seeds"], "'study.seeds': expected key=value"),
        (["study.seeds="], "'study.seeds=': expected key=value"),
        (["study.seeds=[5"], "study.seeds:1: not valid YAML"),
        (["study.seeds=[-5]"], "study.seeds.0: Input should be greater than or equal to 0"),
        (["study.seeds=[5]", "split.pool=2"], "split.pool: Input should be a valid boolean"),
    ],
)
def test_a_wrong_change_is_one_clear_line(tmp_path: Path, items: list[str], expected: str) -> None:
    """The error has the line of the list in params.yaml."""
    file = written(tmp_path, *items)
    line = 1 + [text.startswith("  confirm:") for text in file.read_text().splitlines()].index(True)
    with pytest.raises(ParamsError) as caught:
        params.load(file)
    assert str(caught.value).startswith(f"{file}:{line}: claims.confirm: ")
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_options_of_a_changed_analysis_are_checked(tmp_path: Path) -> None:
    """The check of the whole file includes the changed sections of models and analyses."""
    study = params.load(written(tmp_path, "study.seeds=[5]", "models.vae.beta=many"))
    with pytest.raises(ParamsError, match=r"models\.vae\.beta: input should be a valid number; found 'many'"):
        check(study)


def test_the_survey_must_not_use_a_seed_of_the_confirmation(root: Path) -> None:
    """The survey shapes rules too."""
    survey = root / paths.survey_params()
    survey.parent.mkdir()
    text = (ROOT / paths.survey_params()).read_text()
    assert text.count("seeds: [0, 1, 2, 3, 4]") == 2  # of the small settings, and of the league
    survey.write_text(text)
    check(params.load())
    survey.write_text(text.replace("seeds: [0, 1, 2, 3, 4]", "seeds: [0, 11]"))
    with pytest.raises(ParamsError, match=r"claims\.confirm: survey/params\.yaml uses the seed 11 too"):
        check(params.load())
    survey.write_text(text.replace("[train.epochs=60]", "['study.seeds=[12, 1]']"))
    with pytest.raises(ParamsError, match=r"survey/params\.yaml uses the seed 12 too"):
        check(params.load())


# Whole studies under other settings

SETTINGS = {"long": ("train.epochs=60",)}
SECTIONS = {
    "study": {"models": ["ae"]},
    "models": {"ae": {"weight_decay": 0}},
    "train": {"epochs": 10},
    "analyses": {"prior": {"samples": 10}},
}


def there(
    claims: Claims = CLAIMS, sections: Mapping[str, Any] = SECTIONS, settings: Mapping[str, Any] = SETTINGS
) -> dict[str, tuple[str, int]]:
    """Claim -> its verdict and number of tests in the other study, which refuted `one`, and decided nothing else."""
    digests = confirmation.digests(changes.changed(SECTIONS, SETTINGS["long"]))
    stored = confirmation.gather(decided(one="refuted"), CLAIMS, SETTINGS["long"], digests)
    both = decided(one="supported", two="supported")
    found = studies.beside(both, claims, sections, settings, {"long": stored})
    return {one["name"]: (one["studies"]["long"]["verdict"], len(one["studies"]["long"]["tests"])) for one in found}


def test_a_claim_has_its_verdict_in_another_study() -> None:
    """A claim that the other study did not decide, and a study that never ran, say so."""
    assert there() == {"one": ("refuted", 1), "two": ("not run", 0)}
    (one,) = studies.beside(decided(one="mixed"), CLAIMS, SECTIONS, SETTINGS, {"long": None})
    assert one["studies"] == {"long": {"verdict": "not run", "tests": []}}


@pytest.mark.parametrize(
    "change",
    [
        {"claims": CLAIMS.model_copy(update={"confidence": 0.9})},
        {"sections": SECTIONS | {"train": {"epochs": 10, "batch_size": 1}}},
        {"sections": SECTIONS | {"models": {"ae": {"weight_decay": 1}}}},
        {"sections": SECTIONS | {"analyses": {"prior": {"samples": 11}}}},
        {"sections": SECTIONS | {"analyses": {}}},
        {"settings": {"long": ("train.epochs=50",)}},
        {"sections": {"study": {"seeds": [0]}}},
    ],
)
def test_a_change_after_the_run_makes_the_other_study_stale(change: dict[str, Any]) -> None:
    """A rule, a parameter, or the setting itself; also if the study no longer has the changed parameter."""
    assert there(**change)["one"] == ("stale", 0)


def test_a_new_model_that_the_study_does_not_use_makes_nothing_stale() -> None:
    """Its section is in params.yaml, but not its name in `study.models`."""
    models = {**SECTIONS["models"], "another": {"beta": 1}}
    assert there(sections=SECTIONS | {"models": models})["one"] == ("refuted", 1)


def test_an_analysis_that_the_other_study_did_not_have_makes_nothing_stale() -> None:
    """No number of the other study is of it."""
    analyses = {**SECTIONS["analyses"], "another": {"samples": 1}}
    assert there(sections=SECTIONS | {"analyses": analyses})["one"] == ("refuted", 1)


@pytest.mark.parametrize("analysis", ["league", "survey", "studies"])
def test_a_claim_about_the_survey_has_no_verdict_in_another_study(analysis: str) -> None:
    """Its numbers are those of the same runs, whatever the setting is."""
    rule = RULE.model_copy(update={"estimate": f"{analysis}.vae.b - {analysis}.ae.b"})
    claims = CLAIMS.model_copy(update={"tested": {"one": CLAIM.model_copy(update={"tests": (rule,)}), "two": CLAIM}})
    assert there(claims=claims)["one"] == ("not run", 0)


def test_a_rule_uses_the_numbers_of_another_study() -> None:
    """Their values and replicates decide a claim as those of the study do. A stale study has no numbers."""
    rule = Rule(name="there", estimate="studies.long.a.vae.b - studies.long.a.ae.b", at_most=0)
    claims = CLAIMS.model_copy(update={"tested": {"one": CLAIM.model_copy(update={"tests": (rule,)})}})
    wanted = studies.named(claims, "long")
    assert wanted == {"a.vae.b", "a.ae.b"}
    assert studies.named(claims, "lon") == set()
    there = {
        name: {
            "values": {seed: at + 0.01 * int(seed) for seed in "012"},
            "replicates": {seed: [at + 0.01 * group for group in range(20)] for seed in "012"},
        }
        for name, at in {"a.vae.b": 0.2, "a.ae.b": 0.5}.items()
    }
    digests = confirmation.digests(changes.changed(SECTIONS, SETTINGS["long"]))
    stored = {"long": confirmation.gather([], CLAIMS, SETTINGS["long"], digests) | {"numbers": there}}
    (test,) = verdicts.decide(claims, *studies.numbers(SECTIONS, SETTINGS, stored))[0]["tests"]
    assert test["mean"] == pytest.approx(-0.3)
    assert (test["verdict"], test["seeds"], test["images"]) == ("supported", 3, True)
    (claim,) = verdicts.decide(claims, *studies.numbers(SECTIONS | {"train": {"epochs": 9, "x": 1}}, SETTINGS, stored))
    assert claim["verdict"] == "undecided"
    assert claim["tests"][0]["missing"] == "studies.long.a.vae.b"


# The command


@pytest.fixture
def committed_rules(root: Path) -> Path:
    """A small project with committed parameters and an empty confirmation."""
    (root / paths.confirmation()).parent.mkdir()
    (root / paths.confirmation()).write_bytes((ROOT / "reports/confirmation.json").read_bytes())
    for command in (
        ["git", "init", "-q", "-b", "main"],
        [*why.DVC, "init", "-q"],
        ["git", "add", "-A"],
        ["git", "-c", "user.email=a@example.org", "-c", "user.name=a", "commit", "-q", "-m", "rules"],
    ):
        subprocess.run(command, cwd=root, check=True)
    return root


def scripted(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Replace the run of the stages by a script."""
    monkeypatch.setattr(elsewhere, "_REPRO", (sys.executable, "-c", script))


def untouched(folder: Path) -> bool:
    """Whether the confirmation is that of the commit, and no clone is left."""
    diff = subprocess.run(["git", "status", "--porcelain", "reports"], cwd=folder, capture_output=True, check=True)
    return diff.stdout == b"" and list((folder / ".dvc/tmp").glob("study-*")) == []


@pytest.mark.parametrize("file", ["params.yaml", "dvc.yaml", "src/new.py"])
def test_rules_that_are_not_committed_are_refused(committed_rules: Path, file: str) -> None:
    """The error names the changed or new file."""
    path = committed_rules / file
    path.parent.mkdir(exist_ok=True)
    path.write_text((path.read_text() if path.exists() else "") + "\n# changed\n")
    with pytest.raises(LatenteError, match=f"not committed: {file.partition('/')[0]}.*commit, then run again"):
        confirming.confirm()
    assert untouched(committed_rules)


def test_a_confirmation_needs_a_commit(root: Path) -> None:
    """Without a git repository, nothing fixes the rules."""
    with pytest.raises(LatenteError, match="needs a git repository with a commit"):
        confirming.confirm()


def test_a_project_without_changes_has_no_confirmation(root: Path) -> None:
    """The error names the key."""
    written(root)
    with pytest.raises(LatenteError, match=r"claims\.confirm has no changes"):
        confirming.confirm()


def test_a_failure_leaves_the_file_as_it_was(committed_rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clone is removed."""
    scripted(monkeypatch, "raise SystemExit(1)")
    with pytest.raises(LatenteError, match=r"failed; reports/confirmation\.json has not changed"):
        confirming.confirm()
    assert untouched(committed_rules)


def test_ctrl_c_ends_the_stages_first(committed_rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run of the stages receives the signal, and the command waits until it has ended."""
    scripted(monkeypatch, interrupting(committed_rules / "ended", status=130))
    with pytest.raises(KeyboardInterrupt):
        confirming.confirm()
    assert (committed_rules / "ended").exists()
    assert untouched(committed_rules)


def test_the_clone_runs_the_changed_study_with_the_cache_of_the_project(
    committed_rules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its parameters are those of `Params.confirmation`, and its tracking store is its own."""
    cache = subprocess.run([*why.DVC, "cache", "dir"], capture_output=True, text=True, check=True).stdout.strip()
    of_root = params.rules(params.load().claims)
    claims = {"claims": [{"name": name, "verdict": "supported", "tests": []} for name in of_root.tested]}
    scripted(
        monkeypatch,
        "import json, os, pathlib, shutil, subprocess, sys\n"
        f"out = pathlib.Path({str(committed_rules)!r}, 'seen'); out.mkdir()\n"
        "shutil.copy('params.yaml', out)\n"
        "cache = subprocess.run([sys.executable, '-m', 'dvc', 'cache', 'dir'], capture_output=True, text=True).stdout\n"
        "(out / 'seen.json').write_text(json.dumps([cache.strip(), os.environ['MLFLOW_TRACKING_URI'], os.getcwd()]))\n"
        "pathlib.Path('reports/metrics').mkdir()\n"
        f"pathlib.Path('reports/metrics/claims.json').write_text({json.dumps(claims)!r})\n",
    )
    assert confirming.confirm()
    assert params.load(committed_rules / "seen/params.yaml") == params.load().confirmation()
    seen, store, folder = json.loads((committed_rules / "seen/seen.json").read_text())
    assert Path(seen).resolve() == Path(cache).resolve()
    assert store == f"sqlite:///{folder}/mlflow.db"
    stored = json.loads((committed_rules / paths.confirmation()).read_bytes())
    head = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    assert stored["commit"] == head
    assert {name.partition(".")[0] for name in stored["params"]} == set(changes.SECTIONS)
    assert {one["verdict"] for one in stored["claims"].values()} == {"supported"}


def test_a_tiny_study_is_confirmed(committed: Project, tmp_path: Path) -> None:
    """The command writes the verdicts of new seeds, publishes nothing, and writes the same when it runs again.

    The claims of the study then show the confirmation. After a changed rule, only its claim is stale.
    """
    project = committed.twin(tmp_path / "project")
    file = project.folder / paths.confirmation()
    project.set("claims.confirm", ["study.seeds=[5, 6]", "split.pool=true", "split.seed=1", "judge.seed=100"])
    project.commit("other seeds")
    assert "reports/confirmation.json: written" in project.run("latente", "confirm").stdout
    first = json.loads(file.read_bytes())
    assert not (project.folder / "mlflow.db").exists()
    assert first["changes"][0] == "study.seeds=[5, 6]"
    assert any(test.get("seeds") == 2 for one in first["claims"].values() for test in one["tests"])
    project.repro("claims")
    verdicts = shown(project, first)
    project.commit("confirmed")
    out = project.run("latente", "confirm").stdout
    assert "the same results as before" in out
    assert "Running stage 'train" not in out
    assert json.loads(file.read_bytes()) == first
    decided_ones = [name for name, verdict in verdicts.items() if verdict != "undecided"]
    name = decided_ones[0]
    claim = params.rules(params.load(project.params).claims, project.folder / paths.claims()).tested[name]
    document = claim.model_dump(exclude_none=True)
    ((kind, bound),) = claim.tests[0].bound.items()
    tests = [dict(test) for test in document["tests"]]
    tests[0] |= {kind: bound + 1e-9, "reason": "r"}
    project.set(f"claims.{name}.tests", tests, file="claims.yaml")
    project.repro("claims")
    found = statuses(project)
    assert found[name] in ("stale", "nothing to confirm")
    assert [other for other, status in found.items() if status == "stale"] in ([name], [])


def test_a_tiny_study_runs_under_another_setting(committed: Project, tmp_path: Path) -> None:
    """Its verdicts are in a file, which the survey collects; then every claim shows them. Another name is an error.

    A rule of the study can use its numbers.
    """
    project = committed.twin(tmp_path / "project")
    project.set("studies.nearer", ["analyses.separation.neighbours=3"], file="survey/params.yaml")
    there = "studies.nearer.separation.vae.knn_accuracy"
    tests = [{"name": "kNN", "estimate": there, "above": 0}]
    project.set("claims.elsewhere.tests", tests, file="claims.yaml")
    project.commit("another setting")
    wrong = project.run("latente", "study", "nearest", check=False)
    assert (wrong.returncode, "no study 'nearest'; known: " in wrong.stderr) == (2, True)
    assert "survey/studies/nearer.json: written" in project.run("latente", "study", "nearer").stdout
    stored = json.loads((project.folder / "survey/studies/nearer.json").read_bytes())
    project.run("latente", "survey")
    assert {"survey", "league", "claims", "report", "explore"} >= {*project.repro()} >= {"claims", "report"}
    claims = json.loads((project.folder / "reports/metrics/claims.json").read_bytes())["claims"]
    shown = {one["name"]: one["studies"]["nearer"]["verdict"] for one in claims}
    of_survey = {"elsewhere", "variants_generate", "variants_separate"}  # their numbers are not measured there
    assert shown == {name: "not run" if name in of_survey else one["verdict"] for name, one in stored["claims"].items()}
    (test,) = next(one["tests"] for one in claims if one["name"] == "elsewhere")
    values = stored["numbers"][there.removeprefix("studies.nearer.")]["values"]
    assert test["mean"] == pytest.approx(records.mean(values), rel=1e-5)
    assert (test["seeds"], test["images"]) == (2, True)
    page = (project.folder / "reports/report.html").read_text()
    assert '<th scope="col">neighbours 3</th>' in page


def statuses(project: Project) -> dict[str, str]:
    """Claim -> status of its confirmation."""
    claims = json.loads((project.folder / "reports/metrics/claims.json").read_bytes())["claims"]
    return {one["name"]: one["confirmation"] for one in claims}


def shown(project: Project, stored: Mapping[str, Any]) -> dict[str, str]:
    """Claim -> exploratory verdict, if every claim shows the stored confirmation."""
    claims = json.loads((project.folder / "reports/metrics/claims.json").read_bytes())["claims"]
    for one in claims:
        result = stored["claims"][one["name"]]
        assert one["confirmation"] == confirmation.status(one["verdict"], result["verdict"], "")
        assert one["confirmation_tests"] == result["tests"]
    return {one["name"]: one["verdict"] for one in claims}
