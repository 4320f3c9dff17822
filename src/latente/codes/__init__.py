"""Codes: their files, the encoding of every image, other scales, and densities fitted to codes."""
