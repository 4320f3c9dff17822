"""Test the claims about the study."""

from latente import claims as tested
from latente import paths, serial
from latente.params import Params
from latente.stage import Run, stage

BOTH = ("audit", "centroids", "geometry", "prior", "projection", "reconstruction", "separation")
"""Analyses that also tell what their metrics are with groups of images left out."""

METRICS = ("convergence", "gap", "manifold", "stitching")
"""Those that do not."""


@stage
def claims(run: Run, params: Params) -> None:
    """Decide every claim from the metrics of the analyses, by the rules of params.yaml."""
    metrics = {name: run.json(paths.metrics(name)) for name in (*BOTH, *METRICS)}
    replicates = {name: run.json(paths.replicates(name)) for name in BOTH}
    found = tested.judge(params.claims, metrics, replicates)
    run.write(paths.metrics("claims"), serial.to_json(found))
    run.metrics(tested.estimates(found))


if __name__ == "__main__":
    claims()
