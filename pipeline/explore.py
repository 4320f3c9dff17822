"""Write the explorer."""

from latente.analyses import gap, prior, projection, representation
from latente.codes import encoding, latents
from latente.data import description, splits
from latente.determinism import threads
from latente.explorer import content, page, spaces
from latente.measures.judge import ensemble
from latente.models.network import weights
from latente.project import paths
from latente.project.params import Params
from latente.stages.stage import Context, stage


@stage
def explore(context: Context, params: Params) -> None:
    """Gather models, codes, images, judge and claims in one interactive page."""
    threads.limit(params.compute.threads)
    images = splits.load(context.read(paths.raw()), params.split)
    seed = params.study.seeds[0] if params.explore.seed == "auto" else params.explore.seed
    models = []
    for name in params.study.models:
        net, plane = (weights.load(context.read(file)) for file in (paths.weights(name, seed), paths.plane(name)))
        study = spaces.Space(net, latents.load(context.read(paths.latents(name, seed))))
        of_plane = spaces.Space(plane, encoding.encode(plane, images, params.encode.seed))
        models.append(content.Model(name, seed, study, of_plane))
    of_gap, of_prior = params.analysis("gap", gap.Options), params.analysis("prior", prior.Options)
    of_maps = params.analysis("projection", projection.Options)
    of_factors = params.analysis("representation", representation.Options)
    options = content.Options(params.explore.images, params.judge.accept, of_gap, of_prior, of_maps, of_factors)
    results = content.Results.read(*(context.json(paths.metrics(name)) for name in ("claims", "prior")))
    judge, data = ensemble.load(context.read(paths.judge())), content.Data(images, description.load(paths.raw()))
    context.write(paths.explore(), page.render(content.build(models, data, judge, results, options)))


if __name__ == "__main__":
    explore()
