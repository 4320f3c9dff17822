"""One entrypoint a stage: read, call the library, write. Run one as `python -m pipeline.NAME`."""
