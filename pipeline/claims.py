"""Test the claims about the study."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from latente.determinism import canonical
from latente.evidence import confirmation, studies, verdicts
from latente.project import changes, declared, paths
from latente.project.params import Params, rules
from latente.results import records
from latente.stages.stage import Context, stage


@stage
def claims(context: Context, params: Params) -> None:
    """Decide every claim, and compare it with the last confirmation and with studies under other settings."""
    sections: dict[str, Any] = {"data": params.data, "study": params.study, "split": params.split}
    sections |= {"judge": params.judge, "network": params.network, "train": params.train, "models": params.models}
    sections |= {"encode": params.encode, "analyses": params.analyses, "compute": params.compute}
    tested = rules(params.claims, context.read(paths.claims()))
    survey = context.json(paths.survey())
    metrics, replicates = studies.numbers(sections, survey["survey"]["studies"], survey["studies"])
    metrics |= records.read_all(_declared(context, paths.metrics))
    decided = verdicts.decide(tested, metrics, _declared(context, paths.replicates) | replicates)
    digests = confirmation.digests(changes.changed(sections, tested.confirm))
    decided = confirmation.beside(decided, tested, digests, context.json(paths.confirmation()))
    decided = studies.beside(decided, tested, sections, survey["survey"]["studies"], survey["studies"])
    context.write(paths.metrics("claims"), canonical.to_json({"claims": decided}))
    context.metrics(verdicts.first_estimates(decided))


def _declared(context: Context, path: Callable[[str], Path]) -> dict[str, Any]:
    """Analysis -> content of its file, for every file that dvc.yaml declares as an input of this stage."""
    return {file.stem: context.json(file) for file in declared.inputs("claims", {}) if file == path(file.stem)}


if __name__ == "__main__":
    claims()
