"""Record how the trained models respond to other images."""

from latente.analyses import responses as analysis
from latente.data import description, splits
from latente.determinism import threads
from latente.measures.judge import ensemble
from latente.models.network import weights
from latente.project import paths
from latente.project.params import Params
from latente.stages.stage import Context, stage


@stage
def responses(context: Context, params: Params) -> None:
    """Encode corrupted and foreign images, and decode straight paths between two codes; mix pixels as the baseline."""
    threads.limit(params.compute.threads)
    options = params.analysis("responses", analysis.Options)
    images = splits.load(context.read(paths.raw()), params.split)
    judge, data = ensemble.load(context.read(paths.judge())), description.load(paths.raw())
    context.write(paths.pixel_responses(), analysis.mix(images.test, judge, options).to_bytes())
    for model, seeds in context.each(weights.load, paths.weights).items():
        for seed, net in seeds.items():
            found = analysis.respond(net, images.test, data, judge, options)
            context.write(paths.responses(model, int(seed)), found.to_bytes())


if __name__ == "__main__":
    responses()
