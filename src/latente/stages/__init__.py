"""How a stage runs, and why. Plumbing: it changes no byte of an output."""
