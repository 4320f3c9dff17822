"""Write the report."""

from latente import paths
from latente.params import Params
from latente.report import Report
from latente.stage import Run, stage


@stage
def report(run: Run, params: Params) -> None:
    """Gather metrics and figures of all analyses into one page."""
    stored, drawn = run.read(paths.all_metrics()), run.read(paths.all_figures())
    metrics = {file.stem: run.json(file) for file in sorted(stored.glob("*.json"))}
    figures = {
        folder.name: {file.stem: file.read_bytes() for file in sorted(folder.glob("*.png"))}
        for folder in sorted(drawn.iterdir())
    }
    study = {
        "study": params.study,
        "split": params.split,
        "train": params.train,
        "options": params.models,
        "analyses": params.analyses,
        "claims": params.claims,
        "audit": run.json(paths.robustness())["audit"],
    }
    run.write(paths.report(), Report(metrics, figures, params.study.models, study).render())
    run.publish()


if __name__ == "__main__":
    report()
