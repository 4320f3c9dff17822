"""Same inputs, same bytes: the number of threads, and canonical JSON."""
