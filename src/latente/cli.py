"""The command `latente`."""

import argparse
import sys
from collections.abc import Sequence

from latente import files, params, paths, schema
from latente.errors import LatenteError
from latente.tree import Commit, Folder


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


def publish(rev: str | None) -> None:
    """Publish the study as rows in MLflow, one for each model and seed."""
    from latente.tracking import results  # noqa: PLC0415 (mlflow is slow to import, and other commands do without)

    run, written = results.publish(Commit(rev) if rev else Folder())
    print(f"study {run}: {'published' if written else 'stands already'}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("latente", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command in {"params": check_params, "schema": write_schema, "publish": publish}.items():
        one = commands.add_parser(name, help=command.__doc__, description=command.__doc__)
        one.set_defaults(command=command)
        if command is publish:
            one.add_argument("--rev", help="publish this commit, branch, tag or DVC experiment, not the working folder")
    return parser
