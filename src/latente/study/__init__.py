"""The study in git and DVC: its files, their state, its rows. Plumbing: it changes no byte of an output."""
