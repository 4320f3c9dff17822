"""One entrypoint per stage: read inputs, call the library, write outputs. Run one with `python -m pipeline.NAME`."""

import sys
from pathlib import Path

# `dvc exp run --temp` works on a copy of the project. Without this line, Python would import the installed package of
# the original project, and not the code that DVC recorded.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
