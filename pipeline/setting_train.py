"""Train one setting of the survey."""

from latente.data import description, splits
from latente.determinism import threads
from latente.project import paths
from latente.project.params import Params
from latente.stages.stage import Context, stage
from latente.survey import settings, training


@stage
def setting_train(context: Context, params: Params, *, name: str) -> None:
    """Train the model of one setting from every seed, and keep its weights."""
    group = settings.load().group(name)
    chosen, changed = group.of(name), group.study(name)
    threads.limit(params.compute.threads)
    images = splits.load(context.read(paths.raw()), changed.split)
    epochs = description.load(paths.raw()).epochs.train
    for seed in group.base.seeds:
        context.write(paths.setting_weights(name, seed), training.train(changed, chosen.model, seed, images, epochs))


if __name__ == "__main__":
    setting_train()
