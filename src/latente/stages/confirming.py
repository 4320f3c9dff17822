"""The confirmation: the committed rules, on new seeds and other images."""

from latente.errors import LatenteError
from latente.project import params, paths
from latente.stages import elsewhere


def confirm() -> bool:
    """Test the committed rules on the study with the changes of `claims.confirm`, and write reports/confirmation.json.

    Returns:
        Whether the file changed; it keeps its commit if the results are the same.

    Raises:
        LatenteError: The rules are not committed, there are no changes to confirm with, or a stage failed.
    """
    items = params.load().claims.confirm
    if not items:
        raise LatenteError(
            f"{paths.params()}: claims.confirm has no changes; add new seeds, such as study.seeds=[5, 6]"
        )
    return elsewhere.decide(items, paths.confirmation())
