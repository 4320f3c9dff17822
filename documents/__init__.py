"""What `make docs` writes into README.md and docs/: sentences and tables from the committed results."""
