"""Take over what the audit of other choices found."""

from latente import paths
from latente.analyses import audit as analysis
from latente.params import Params
from latente.stage import Run, stage


@stage
def audit(run: Run, params: Params) -> None:  # noqa: ARG001 (every stage has parameters; this one reads none)
    """Turn the gathered results of the audit into metrics and a figure."""
    run.result(analysis.analyse(run.json(paths.robustness())))


if __name__ == "__main__":
    audit()
