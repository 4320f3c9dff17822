"""Train the judge."""

import latente.judge
from latente import paths, serial, threads
from latente.data import splits
from latente.params import Params
from latente.stage import Run, stage


@stage
def judge(run: Run, params: Params) -> None:
    """Train the classifier that scores generated digits, and measure it on the test images."""
    threads.limit(params.compute.threads)
    images = splits.load(run.read(paths.raw()), params.split)
    classifier = latente.judge.fit(images.train, params.judge)
    run.write(paths.judge(), latente.judge.to_bytes(classifier))
    scores = {part: latente.judge.accuracy(classifier, getattr(images, part)) for part in ("validation", "test")}
    accuracies = {f"{part}_accuracy": score for part, score in scores.items()}
    run.metrics(accuracies)
    run.write(paths.metrics("judge"), serial.to_json(accuracies))
    print(f"judge: {accuracies['test_accuracy']:.2%} of the test images")


if __name__ == "__main__":
    judge()
