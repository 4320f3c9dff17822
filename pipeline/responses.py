"""Record how one trained model responds to other images."""

from latente.analyses import responses as analysis
from latente.data import description, splits
from latente.determinism import threads
from latente.measures.judge import ensemble
from latente.models.network import weights
from latente.project import paths
from latente.project.params import Params
from latente.stages.stage import Context, stage


@stage
def responses(context: Context, params: Params, *, model: str, seed: int) -> None:
    """Encode corrupted and foreign images, and decode straight paths between two codes."""
    threads.limit(params.compute.threads)
    options = params.analysis("responses", analysis.Options)
    images = splits.load(context.read(paths.raw()), params.split)
    net, judge = weights.load(context.read(paths.weights(model, seed))), ensemble.load(context.read(paths.judge()))
    found = analysis.respond(net, images.test, description.load(paths.raw()), judge, options)
    context.write(paths.responses(model, seed), found.to_bytes())


if __name__ == "__main__":
    responses()
