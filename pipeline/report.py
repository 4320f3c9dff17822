"""Write the report."""

from latente.data import description, splits
from latente.project import paths
from latente.project.params import Params, rules
from latente.report.language import LANGUAGES
from latente.report.page import Report
from latente.results import records
from latente.stages.stage import Context, stage


@stage
def report(context: Context, params: Params) -> None:
    """Gather the metrics and figures of all analyses in one page, in each language."""
    stored, drawn = context.read(paths.all_metrics()), context.read(paths.all_figures())
    contents = {file.stem: context.json(file) for file in sorted(stored.glob("*.json"))}
    decided = contents.pop("claims")["claims"]
    figures = {one.name: {f.stem: f.read_bytes() for f in sorted(one.glob("*.png"))} for one in sorted(drawn.iterdir())}
    study = {
        "data": (data := description.load(context.read(paths.raw()))),
        "explorer": context.read(paths.explore()).stat().st_size,
        "study": params.study,
        "split": splits.resolve(params.split, data.split),
        "of_judge": params.judge,
        "network": params.network,
        "train": description.lasting(params.train, data.epochs.train),
        "options": params.models,
        "analyses": params.analyses,
        "claims": rules(params.claims, context.read(paths.claims())),
        "survey": context.json(paths.survey())["survey"],
    }
    page = Report(records.read_all(contents), decided, figures, params.study.models, study)
    for language in LANGUAGES:
        context.write(paths.report(language), page.render(language))
    context.publish()


if __name__ == "__main__":
    report()
