"""Train and measure one variant of the audit."""

from latente import judge, paths, scores, serial, threads, trial, variants
from latente.data import splits
from latente.params import Params
from latente.stage import Run, stage


@stage
def variant(run: Run, params: Params, *, name: str) -> None:
    """Train a variant from every seed, and write what was measured of it; no weights are kept."""
    audit = variants.load()
    chosen = audit.of(name)
    study = variants.changed([*audit.base.set, *chosen.set])
    threads.limit(params.compute.threads)
    images = splits.load(run.read(paths.raw()), study.split)
    found, left_out = trial.run(study, chosen.model, audit.base, images, judge.load(run.read(paths.judge())))
    content = {"metrics": scores.summaries({name: found}), "replicates": scores.plain({name: left_out})}
    run.write(paths.variant(name), serial.to_json(content))


if __name__ == "__main__":
    variant()
