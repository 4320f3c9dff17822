"""What the latent spaces hold beside the classes, in words."""

from collections.abc import Collection, Sequence

from documents.claims import YES_OR_NO
from documents.markdown import estimated, listed, paragraph
from latente.evidence.deciding import Claim

_PLACES = {"across": "horizontal position", "down": "vertical position"}


def answer(claim: Claim, others: Sequence[Claim], factors: Collection[str]) -> str:
    """The answer to the question of the thesis whether the latent space has a structure.

    Args:
        claim: That both latent spaces have a structure beyond the classes: its tests are of AE and VAE, in this order.
        others: Claims about representations; their sentences follow with their verdicts.
        factors: Names of the factors that were measured.

    Returns:
        A paragraph: the question with its answer, the two numbers with their intervals, the other verdicts.
    """
    ae, vae = (estimated(test) for test in claim["tests"])
    named = listed([_PLACES.get(name, name) for name in factors])
    verdicts = " ".join(f"*{other['verdict'].capitalize()}*: {other['sentence']}" for other in others)
    return paragraph(
        f"**Does the latent space have a structure beyond the classes? {YES_OR_NO[claim['verdict']]}**",
        f"The images of one class differ in {named}. A linear map of codes explains a share of this variance.",
        f"Minus the share for permuted factors, it is {ae} for the AE, and {vae} for the VAE. {verdicts}",
    )
