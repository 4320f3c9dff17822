"""One measure per file. A measure takes arrays or a model, and returns numbers."""
