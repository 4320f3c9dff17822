"""What the codes of the variants hold beyond the classes, as far as the league shows it."""

HEADLINES = (
    *("within.linear_r2", "within.permuted.linear_r2", "disentanglement", "rotated.disentanglement"),
    *("corrupted.accuracy", "corrupted.moved", "path.two_classes.accepted", "foreign.distance_auroc"),
)
"""The metrics of representation and generalisation that the league shows."""
