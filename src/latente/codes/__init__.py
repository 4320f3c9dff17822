"""Codes: the stored codes of every image, how they are made, and densities fitted to them."""
