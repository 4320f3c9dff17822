"""The command `latente`."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from joblib import cpu_count

from latente import ci as reproduction
from latente import compare, files, parallel, params, paths, schema, serial, variants, why
from latente import sweep as sweeps
from latente.errors import LatenteError
from latente.tree import Commit, Folder

_JOBS = 8  # at most, unless told: a stage may need 2 GB of memory


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; exit with 1 on an error that a person can mend, with 2 if the parameters are not valid."""
    options = vars(_parser().parse_args(arguments))
    try:
        options.pop("command")(**options)
    except LatenteError as error:
        print(error, file=sys.stderr)
        sys.exit(error.status)


def check_params() -> None:
    """Check the whole of params.yaml."""
    study = params.load()
    schema.check(study)
    trainings = len(study.study.models) * len(study.study.seeds)
    print(f"{paths.params()}: valid; {trainings} trainings ({', '.join(study.study.models)} x {study.study.seeds})")


def write_schema() -> None:
    """Write params.schema.json, by which editors complete and check params.yaml."""
    files.write(paths.schema(), schema.to_json())


def explain() -> None:
    """Tell of every stage whether it would run, and which parameter, file or command is the cause."""
    for stage, causes in why.causes().items():
        print(f"{stage:16} {'; '.join(causes) or 'up to date'}")


def repro(target: str, jobs: int | None) -> None:
    """Run what is not up to date, as `dvc repro` does, with stages that do not wait for each other side by side."""
    for kind in (signal.SIGINT, signal.SIGTERM):  # a shell in the background has us ignore the first, stages too
        signal.signal(kind, signal.default_int_handler)
    threads = params.load().compute.threads
    try:
        parallel.repro(target, jobs or max(1, min(cpu_count() // threads, _JOBS)))
    except KeyboardInterrupt:
        sys.exit(130)


def robustness() -> None:
    """Gather what the audit found into reports/robustness.json, which the study reads."""
    files.write(paths.robustness(), serial.to_json(variants.gather()))


def publish(rev: str | None) -> None:
    """Publish the study as rows in MLflow, one for each model and seed."""
    from latente.tracking import results  # noqa: PLC0415 (mlflow is slow to import)

    run, written = results.publish(Folder() if rev is None else Commit(rev))
    print(f"study {run}: {'published' if written else 'stands already'}")


def compare_rows(a: str, b: str, markdown: Path | None) -> None:
    """Compare two published rows, or two studies: parameters, metrics, spread over seeds."""
    found = compare.compare(_side(a), _side(b))
    print(found.to_text(), end="")
    if markdown:
        files.write(markdown, found.to_markdown().encode())


def sweep(key: str, metric: list[str], output: Path | None) -> None:
    """Show metrics along one parameter, from published rows that differ in nothing else."""
    from latente.tracking import results  # noqa: PLC0415 (mlflow is slow to import)

    name, _, listed = key.partition("=")
    try:
        values = [float(value) for value in listed.split(",") if value]
    except ValueError:
        raise LatenteError(f"{key}: after = come numbers, with commas between them") from None
    found = sweeps.along(name, results.search(""), metric, values)
    file = output or paths.sweep(name)
    files.write(file, found.to_png(metric))
    print(f"{found.table(metric)}\n\n{file}")


def ci(base: str, output: Path) -> None:
    """Run the pipeline and write what changed against a base, as Markdown; publish the study."""
    try:
        check_params()
        done = reproduction.reproduce()
    except LatenteError as error:
        _tell(output, f"## Not run\n\n```\n{error}\n```\n")
        raise
    _tell(output, reproduction.report(done, base))
    if done.status:
        raise LatenteError(f"dvc repro failed; {output} says where")
    publish(None)
    print(output)


def _tell(output: Path, text: str) -> None:
    """Write Markdown to a file, and to the summary of the job if there is one."""
    files.write(output, text.encode())
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a", encoding="utf-8") as stream:
            stream.write(text)


def _side(name: str) -> compare.Side:
    from latente.tracking import results  # noqa: PLC0415 (mlflow is slow to import)

    title, row, rows = results.find(name)
    return compare.Side(title, rows, row)


def _positive(text: str) -> int:
    if not (text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError(f"{text}: expected a whole number from 1")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("latente", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    named = {
        "params": check_params,
        "schema": write_schema,
        "why": explain,
        "repro": repro,
        "robustness": robustness,
        "publish": publish,
        "compare": compare_rows,
        "sweep": sweep,
        "ci": ci,
    }
    added = {}
    for name, command in named.items():
        added[name] = commands.add_parser(name, help=command.__doc__, description=command.__doc__)
        added[name].set_defaults(command=command)
    added["repro"].add_argument("target", nargs="?", default=str(paths.pipeline()), help="by default dvc.yaml")
    added["repro"].add_argument(
        "--jobs",
        type=_positive,
        metavar="N",
        help=f"stages at once; by default one for each core, up to {_JOBS}",
    )
    rev = "a commit, branch, tag or DVC experiment, in place of the working folder"
    added["publish"].add_argument("--rev", help=rev)
    for side in ("a", "b"):
        added["compare"].add_argument(side, help="name of a run, or the beginning of a run id, a key or a commit")
    added["compare"].add_argument("--markdown", type=Path, metavar="FILE", help="write the same as Markdown, too")
    added["sweep"].add_argument(
        "key", help="a parameter, for instance models.vae.beta, or with the values wanted, models.vae.beta=0.25,1,4"
    )
    chosen = ["separation.silhouette", "reconstruction.distortion"]
    added["sweep"].add_argument("--metric", nargs="+", default=chosen, help=f"by default {' '.join(chosen)}")
    added["sweep"].add_argument(
        "--output", type=Path, metavar="FILE", help="the figure, a PNG; by default in reports/sweeps"
    )
    added["ci"].add_argument("--base", default="main", help="revision to compare with; by default main")
    added["ci"].add_argument(
        "--output", type=Path, default=Path("reproduction.md"), metavar="FILE", help="by default reproduction.md"
    )
    return parser
