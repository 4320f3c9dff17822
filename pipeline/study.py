"""Write the list of the models and seeds that the analyses cover."""

from latente.determinism import canonical
from latente.project import files, paths
from latente.project.params import Params
from latente.stages.stage import Context, stage


@stage
def study(context: Context, params: Params) -> None:
    """List the models and seeds of the study, and remove the files of earlier studies.

    The analyses depend on the folders of weights and latents. DVC keeps the files of a model or seed that is no longer
    in the study. With these files, the folders would differ from the folders of a fresh clone.
    """
    trainings = [(model, seed) for model in params.study.models for seed in params.study.seeds]
    for path in (paths.weights, paths.checkpoint, paths.latents, paths.curve):
        kept = {path(model, seed) for model, seed in trainings}
        for file in paths.of_trainings(path) - kept:
            files.remove(file)
    context.write(
        paths.study(), canonical.to_json({"models": list(params.study.models), "seeds": list(params.study.seeds)})
    )


if __name__ == "__main__":
    study()
