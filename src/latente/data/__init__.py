"""The images: where they come from, how they are read, and how they are split."""
