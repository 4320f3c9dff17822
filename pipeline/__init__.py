"""One entrypoint a stage: read, call the library, write. Run one as `python -m pipeline.NAME`."""

import sys
from pathlib import Path

# A temporary `dvc exp run` works on a copy of the project. The installed package would be the original's, so that the
# code that ran would not be the code that DVC took note of.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
