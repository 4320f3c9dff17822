"""The command `latente`: check the parameters, run the pipeline, publish its results and compare them.

A command imports what it needs when it runs. Therefore `latente --help` does not wait for torch or MLflow.
"""

import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

from cyclopts import (
    App,
    CycloptsError,
    MissingArgumentError,
    Parameter,
    Token,
    UnknownCommandError,
    UnknownOptionError,
    UnusedCliTokensError,
)

from latente.errors import LatenteError
from latente.project import paths

app = App(
    name="latente",
    help="Check the parameters, run the pipeline, publish its results and compare them.",
    version=lambda: version("latente"),
    help_format="plaintext",
    default_parameter=Parameter(negative=()),
)
app.register_install_completion_command(help="Let the shell (bash, zsh or fish) complete commands and options.")

_METRICS = ("separation.silhouette", "reconstruction.distortion")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command.

    The exit status is 0 after success, 1 after an error that the user can fix, 2 if the command line or the parameters
    are not valid, and 130 after Ctrl-C.

    Args:
        arguments: The command line without the name of the program; by default the command line of this process.
    """
    tokens = sys.argv[1:] if arguments is None else list(arguments)
    try:
        app(tokens, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        print(f"latente: {_explain(error)}", file=sys.stderr)
        sys.exit(2)
    except LatenteError as error:
        print(error, file=sys.stderr)
        sys.exit(error.status)
    except KeyboardInterrupt:
        sys.exit(130)


def _explain(error: CycloptsError) -> str:
    """What is wrong with a command line, and the nearest correct name or the help to read, in one line."""
    unused = list(error.unused_tokens or ())
    if isinstance(error, UnknownCommandError):
        return _unknown(unused[0])
    message = " ".join(str(error).split())
    if isinstance(error, UnusedCliTokensError):
        message = f"Unexpected argument: {' '.join(unused)}."
    elif isinstance(error, MissingArgumentError) and error.argument:
        message = f"Missing value for {error.keyword or error.argument.name}."
    elif not isinstance(error, UnknownOptionError) or "Did you mean" in message:
        return message
    return f"{message} See: {' '.join(['latente', *(error.command_chain or ()), '--help'])}"


def _unknown(word: str) -> str:
    """The message for an unknown first word of the command line."""
    is_option = word.startswith("-")
    names = [name for name in app if name.startswith("-") == is_option]
    near = get_close_matches(word, names, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(names)}."
    return f"Unknown {'option' if is_option else 'command'}: {word}. {hint}"


def _positive(_: object, tokens: Sequence[Token]) -> int:
    """A whole number of at least 1; the default converter rounds 1.5."""
    text = tokens[0].value
    if not (text.isdecimal() and int(text)):
        raise ValueError(f"{text}: expected a whole number of at least 1")
    return int(text)


@app.command(name="params")
def check_params() -> None:
    """Check that params.yaml and claims.yaml are valid."""
    from latente.project import params
    from latente.stages import schema

    loaded = params.load()
    schema.check(loaded, params.rules(loaded.claims))
    models, seeds = loaded.study.models, loaded.study.seeds
    print(f"{paths.params()}: valid; {len(models) * len(seeds)} trainings ({', '.join(models)} x {seeds})")


@app.command(name="schema")
def write_schema() -> None:
    """Write params.schema.json and claims.schema.json. Editors use them to complete and check the YAML files."""
    from latente.project import files
    from latente.stages import schema

    files.write(paths.schema(), schema.to_json())
    files.write(paths.claims_schema(), schema.of_claims())


@app.command(name="versions")
def write_versions() -> None:
    """Write versions.yaml, the package versions that stages depend on, from requirements.lock."""
    from latente.stages import versions

    versions.write()


@app.command(name="why")
def explain() -> None:
    """Show whether each stage would run, and which parameter, file or command is the cause."""
    from latente.stages import why

    for stage, causes in why.causes().items():
        print(f"{stage:16} {'; '.join(causes) or 'up to date'}")


@app.command
def repro(
    target: str = str(paths.pipeline()),
    /,
    *,
    jobs: Annotated[int | None, Parameter(converter=_positive)] = None,
    quiet: bool = False,
) -> None:
    """Check the parameters, run every stage that is not up to date, and publish the study.

    This is like `dvc repro`, but several stages run at the same time. Only the whole study, dvc.yaml, is published.

    Args:
        target: The dvc.yaml file to run; or a stage, which runs after the stages that it depends on.
        jobs: Largest number of stages that run at the same time. By default, only their threads and memory limit it.
        quiet: Show only errors, and the output of a stage that failed.
    """
    from latente.project import params
    from latente.stages import graph, running, schema

    _interruptible()
    loaded = params.load()
    pipeline = graph.read(target, loaded.compute.threads)
    if pipeline.stale():  # if nothing is stale, the last run has checked every section
        schema.check(loaded, params.rules(loaded.claims))
    running.repro(pipeline, jobs, quiet=quiet)
    if Path(target).resolve() == paths.pipeline().resolve():
        _publish(quiet=quiet)


def _interruptible() -> None:
    """End this process in the same way after Ctrl-C and after SIGTERM."""
    import signal

    # A shell lets a background process ignore SIGINT, and its child processes inherit that. A handler undoes it.
    for kind in (signal.SIGINT, signal.SIGTERM):
        signal.signal(kind, signal.default_int_handler)


@app.command(name="survey")
def gather_survey() -> None:
    """Collect the results of the survey in reports/survey.json, which the study reads."""
    from latente.determinism import canonical
    from latente.project import files
    from latente.survey import settings

    files.write(paths.survey(), canonical.to_json(settings.gather()))


@app.command
def confirm() -> None:
    """Test the committed rules of the claims on new seeds and other images, and write reports/confirmation.json.

    The changes of the study are in params.yaml, under claims.confirm.
    """
    from latente.stages import confirming

    _interruptible()
    changed = confirming.confirm()
    print(f"{paths.confirmation()}: {'written' if changed else 'the same results as before'}")


@app.command
def study(*names: str) -> None:
    """Test the committed rules in whole studies under other settings, and write survey/studies/NAME.json.

    Args:
        names: Studies of survey/params.yaml; by default, all of them.
    """
    from latente.evidence import studies
    from latente.project import params
    from latente.stages import elsewhere
    from latente.survey import settings

    _interruptible()
    survey, claims = settings.load(), params.rules(params.load().claims)
    items = {name: survey.whole(name) for name in names or survey.studies}
    for name, changes in items.items():
        file = paths.other_study(name)
        written = elsewhere.decide(changes, file, studies.named(claims, name))
        print(f"{file}: {'written' if written else 'the same results as before'}")
    print("`latente survey` shows the results to the study")


@app.command
def explore() -> None:
    """Open the explorer in the browser: an interactive page on the latent spaces of the study."""
    import webbrowser

    page = paths.explore()
    if not page.exists():
        raise LatenteError(f"{page}: no such file; run `dvc repro explore`, or `dvc pull {page}` if your team has it")
    print(page)
    webbrowser.open(page.resolve().as_uri())


@app.command
def publish(*, rev: str | None = None) -> None:
    """Publish the study to MLflow: one row for each model and seed.

    Args:
        rev: A commit, branch, tag or DVC experiment to publish. By default, the working folder is published.
    """
    _publish(rev)


def _publish(rev: str | None = None, *, quiet: bool = False) -> None:
    from latente.study.tree import Commit, Folder
    from latente.tracking import results

    run, written = results.publish(Folder() if rev is None else Commit(rev))
    if not quiet:
        print(f"study {run}: {'published' if written else 'already published'}")


@app.command
def compare(a: str, b: str, /, *, markdown: Path | None = None) -> None:
    """Compare two published rows or two published studies: their parameters, metrics, and spread over seeds.

    Args:
        a: A run name, or the first characters of a run id, a key or a commit.
        b: The second row or study, named in the same way.
        markdown: Also write the comparison to this file, as Markdown.
    """
    from latente.project import files, params
    from latente.study import compare as comparisons
    from latente.tracking import results

    sides = [comparisons.Side(title, rows, row) for title, row, rows in map(results.find, (a, b))]
    comparison = comparisons.compare(sides[0], sides[1], params.load().claims.confidence)
    print(comparison.to_text(), end="")
    if markdown:
        files.write(markdown, comparison.to_markdown().encode())


@app.command
def sweep(
    key: str,
    /,
    *,
    metric: Annotated[tuple[str, ...], Parameter(consume_multiple=1, show_default=" ".join)] = _METRICS,
    output: Path | None = None,
) -> None:
    """Show how metrics change with one parameter, from published rows that differ only in this parameter.

    Args:
        key: A parameter, such as models.vae.beta, or a parameter with values to show, such as models.vae.beta=0.25,1,4.
        metric: The metrics to show.
        output: The PNG file of the figure. By default, it is in reports/sweeps.
    """
    from latente.project import files
    from latente.study.sweep import along
    from latente.tracking import results

    name, _, listed = key.partition("=")
    try:
        values = [float(value) for value in listed.split(",") if value]
    except ValueError:
        raise LatenteError(f"{key}: expected numbers after =, separated by commas") from None
    rows = along(name, results.search(""), metric, values)
    file = output or paths.sweep(name)
    files.write(file, rows.to_png(metric))
    print(f"{rows.table(metric)}\n\n{file}")


@app.command
def ci(*, base: str = "main", output: Path = Path("reproduction.md")) -> None:
    """Run the pipeline, write the changes from a base revision as Markdown, and publish the study.

    Args:
        base: The git revision to compare with.
        output: The Markdown file to write.
    """
    from latente.stages import ci as reproduction

    try:
        check_params()
        done = reproduction.reproduce()
    except LatenteError as error:
        reproduction.write(output, f"## Not run\n\n```\n{error}\n```\n")
        raise
    reproduction.write(output, reproduction.report(done, base))
    if done.status:
        raise LatenteError(f"dvc repro failed; {output} has the details")
    publish()
    print(output)
