"""What an analysis returns: measurements for each model and seed, and figures."""
