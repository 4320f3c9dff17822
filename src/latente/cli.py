"""The command `latente`."""

import argparse
import sys
from collections.abc import Sequence

from latente import files, params, paths, schema
from latente.errors import LatenteError


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; exit with 1 on an error that a person can mend, with 2 if the parameters are not valid."""
    parser = argparse.ArgumentParser("latente", description=__doc__)
    commands = parser.add_subparsers(required=True)
    for name, command in {"params": check_params, "schema": write_schema}.items():
        commands.add_parser(name, help=command.__doc__, description=command.__doc__).set_defaults(command=command)
    try:
        parser.parse_args(arguments).command()
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
