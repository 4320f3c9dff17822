"""Train the judge."""

from latente.data import splits
from latente.determinism import threads
from latente.measures import judge as classifiers
from latente.project import paths
from latente.project.params import Params
from latente.results import records
from latente.results.measurement import Measurement
from latente.stages.stage import Context, stage


@stage
def judge(context: Context, params: Params) -> None:
    """Train the classifier that scores generated digits, and measure it on the test images."""
    threads.limit(params.compute.threads)
    images = splits.load(context.read(paths.raw()), params.split)
    classifier = classifiers.fit(images.train, params.judge)
    context.write(paths.judge(), classifiers.to_bytes(classifier))
    scores = {part: classifiers.accuracy(classifier, getattr(images, part)) for part in ("validation", "test")}
    context.metrics({f"{part}_accuracy": score for part, score in scores.items()})
    measured = {f"{part}_images": {"data": Measurement({"accuracy": score})} for part, score in scores.items()}
    context.write(paths.metrics("judge"), records.to_json("judge", measured))
    print(f"judge: accuracy of {scores['test']:.2%} on the test images")


if __name__ == "__main__":
    judge()
