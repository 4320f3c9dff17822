"""Train the judge."""

from latente.data import splits
from latente.determinism import canonical, threads
from latente.measures import judge as classifiers
from latente.project import paths
from latente.project.params import Params
from latente.stages.stage import Context, stage


@stage
def judge(context: Context, params: Params) -> None:
    """Train the classifier that scores generated digits, and measure it on the test images."""
    threads.limit(params.compute.threads)
    images = splits.load(context.read(paths.raw()), params.split)
    classifier = classifiers.fit(images.train, params.judge)
    context.write(paths.judge(), classifiers.to_bytes(classifier))
    scores = {part: classifiers.accuracy(classifier, getattr(images, part)) for part in ("validation", "test")}
    accuracies = {f"{part}_accuracy": score for part, score in scores.items()}
    context.metrics(accuracies)
    context.write(paths.metrics("judge"), canonical.to_json(accuracies))
    print(f"judge: {accuracies['test_accuracy']:.2%} of the test images")


if __name__ == "__main__":
    judge()
