"""Measure what the codes of one variant of the league hold beyond the classes."""

from latente.analyses import generalisation, representation, responses
from latente.codes import encoding
from latente.data import description, splits
from latente.determinism import threads
from latente.measures.judge import ensemble
from latente.models.network import weights
from latente.project import paths
from latente.project.params import Params
from latente.results import records
from latente.stages.stage import Context, stage
from latente.survey import beyond, settings


@stage
def variant_beyond(context: Context, params: Params, *, name: str) -> None:
    """Measure the trained models of one variant by two analyses of the study, and write their headlines."""
    group = settings.load().league
    threads.limit(params.compute.threads)
    images = splits.load(context.read(paths.raw()), group.study(name).split)
    judge, data = ensemble.load(context.read(paths.judge())), description.load(paths.raw())
    of_factors = params.analysis("representation", representation.Options)
    of_answers = params.analysis("responses", responses.Options)
    of_both = params.analysis("generalisation", generalisation.Options)
    sample, _ = representation.draw(images, of_factors)
    found = {}
    for seed in group.base.seeds:
        net = weights.load(context.read(paths.setting_weights(name, seed)))
        codes = encoding.encode(net, images, params.encode.seed)
        answers = responses.respond(net, images.test, data, judge, of_answers)
        one = representation.measure(codes, sample, of_factors) | generalisation.respond(codes, answers, of_both)
        found[str(seed)] = one.only(beyond.HEADLINES)
    digest, replicates = context.digest(paths.raw() / description.FILE), records.replicates({name: found})
    context.write(paths.beyond(name), records.to_json("league", {name: found}, replicates=replicates, data=[digest]))


if __name__ == "__main__":
    variant_beyond()
