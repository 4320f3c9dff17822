"""The project's models in the setups of numbers that others published; run by hand, no part of the pipeline."""
