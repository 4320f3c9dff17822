"""Copy the results of the league into the study."""

from latente.analyses import league as analysis
from latente.data import description
from latente.project import paths
from latente.project.params import Params
from latente.stages.stage import Context, stage


@stage
def league(context: Context, params: Params) -> None:
    """Write the metrics and the figures of the league, from its gathered results on the images of the study."""
    data = context.digest(context.read(paths.raw()) / description.FILE)
    context.result(analysis.analyse(context.json(paths.survey()), data, params.claims.confidence))


if __name__ == "__main__":
    league()
