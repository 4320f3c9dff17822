"""Copy the results of the survey into the study."""

from latente.analyses import survey as analysis
from latente.data import description
from latente.project import paths
from latente.project.params import Params
from latente.stages.stage import Context, stage


@stage
def survey(context: Context, params: Params) -> None:  # noqa: ARG001 (every stage takes parameters; this one needs none)
    """Write the metrics and the figure of the survey, from its gathered results on the images of the study."""
    data = context.digest(context.read(paths.raw()) / description.FILE)
    context.result(analysis.analyse(context.json(paths.survey()), data))


if __name__ == "__main__":
    survey()
