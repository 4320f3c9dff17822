"""The images: files, splits, samples and batches."""
