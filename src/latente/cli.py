"""The command `latente`: check the parameters, run the pipeline, publish its results and compare them.

Each command imports what it needs when it runs, so that `latente --help` does not wait for torch or MLflow.
"""

import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

from cyclopts import App, CycloptsError, Parameter, Token, UnknownCommandError, UnusedCliTokensError

from latente.errors import LatenteError
from latente.project import paths

app = App(
    name="latente",
    help="Check the parameters, run the pipeline, publish its results and compare them.",
    version=lambda: version("latente"),
    help_format="plaintext",
    default_parameter=Parameter(negative=()),
)

_MAX_JOBS = 8  # by default, because a stage may need 2 GB of memory

_METRICS = ("separation.silhouette", "reconstruction.distortion")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command.

    The exit status is 0 if it succeeds, 1 for an error that the user can fix, 2 for a command line or parameters that
    are not valid, and 130 for Ctrl-C.

    Args:
        arguments: The command line without the name of the program; by default that of the process.
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
    """What is wrong with a command line, in one line."""
    message = " ".join(str(error).split())
    if isinstance(error, UnusedCliTokensError):
        return f"Unexpected argument: {' '.join(error.unused_tokens or ())}."
    if isinstance(error, UnknownCommandError):
        return message.replace('Unknown command "-', 'Unknown option "-')
    return message


def _positive(_: object, tokens: Sequence[Token]) -> int:
    """A whole number from 1; the default converter would round 1.5."""
    text = tokens[0].value
    if not (text.isdecimal() and int(text)):
        raise ValueError(f"{text}: expected a whole number from 1")
    return int(text)


@app.command(name="params")
def check_params() -> None:
    """Check the whole of params.yaml."""
    from latente.project import params
    from latente.stages import schema

    loaded = params.load()
    schema.check(loaded)
    models, seeds = loaded.study.models, loaded.study.seeds
    print(f"{paths.params()}: valid; {len(models) * len(seeds)} trainings ({', '.join(models)} x {seeds})")


@app.command(name="schema")
def write_schema() -> None:
    """Write params.schema.json, by which editors complete and check params.yaml."""
    from latente.project import files
    from latente.stages import schema

    files.write(paths.schema(), schema.to_json())


@app.command(name="versions")
def write_versions() -> None:
    """Write versions.yaml, the versions of the packages that stages import, from requirements.lock."""
    from latente.stages import versions

    versions.write()


@app.command(name="why")
def explain() -> None:
    """Show for every stage whether it would run, and which parameter, file or command is the cause."""
    from latente.stages import why

    for stage, causes in why.causes().items():
        print(f"{stage:16} {'; '.join(causes) or 'up to date'}")


@app.command
def repro(
    target: str = str(paths.pipeline()), /, *, jobs: Annotated[int | None, Parameter(converter=_positive)] = None
) -> None:
    """Run the stages that are not up to date, as `dvc repro` does; independent stages run at the same time.

    Args:
        target: A dvc.yaml.
        jobs: Number of stages at once; by default as many as the cores allow, at most 8.
    """
    import signal

    from joblib import cpu_count

    from latente.project import params
    from latente.stages import running

    for kind in (signal.SIGINT, signal.SIGTERM):  # a shell in the background makes us ignore SIGINT, and stages too
        signal.signal(kind, signal.default_int_handler)
    threads = params.load().compute.threads
    running.repro(target, jobs or max(1, min(cpu_count() // threads, _MAX_JOBS)))


@app.command(name="survey")
def gather_survey() -> None:
    """Gather the results of the survey into reports/survey.json, which the study reads."""
    from latente.determinism import canonical
    from latente.project import files
    from latente.survey import settings

    files.write(paths.survey(), canonical.to_json(settings.gather()))


@app.command
def publish(*, rev: str | None = None) -> None:
    """Publish the study to MLflow as rows, one for each model and seed.

    Args:
        rev: A commit, branch, tag or DVC experiment; by default the working folder.
    """
    from latente.study.tree import Commit, Folder
    from latente.tracking import results

    run, written = results.publish(Folder() if rev is None else Commit(rev))
    print(f"study {run}: {'published' if written else 'already published'}")


@app.command
def compare(a: str, b: str, /, *, markdown: Path | None = None) -> None:
    """Compare two published rows, or two studies: parameters, metrics, spread over seeds.

    Args:
        a: The name of a run, or the beginning of a run id, a key or a commit.
        b: The same, for the other side.
        markdown: A file that also gets the comparison, as Markdown.
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
    metric: Annotated[tuple[str, ...], Parameter(consume_multiple=True, show_default=" ".join)] = _METRICS,
    output: Path | None = None,
) -> None:
    """Show metrics along one parameter, from published rows that differ only in it.

    Args:
        key: A parameter such as models.vae.beta, or a parameter with the values to show: models.vae.beta=0.25,1,4.
        metric: Names of metrics.
        output: The figure, a PNG; by default in reports/sweeps.
    """
    from latente.project import files
    from latente.study.sweep import along
    from latente.tracking import results

    name, _, listed = key.partition("=")
    try:
        values = [float(value) for value in listed.split(",") if value]
    except ValueError:
        raise LatenteError(f"{key}: expected numbers after =, with commas between them") from None
    rows = along(name, results.search(""), metric, values)
    file = output or paths.sweep(name)
    files.write(file, rows.to_png(metric))
    print(f"{rows.table(metric)}\n\n{file}")


@app.command
def ci(*, base: str = "main", output: Path = Path("reproduction.md")) -> None:
    """Run the pipeline, write what changed against a base as Markdown, and publish the study.

    Args:
        base: The revision to compare with.
        output: The Markdown file.
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
        raise LatenteError(f"dvc repro failed; {output} says where")
    publish()
    print(output)
