"""The files of the project: in the working folder, or in a commit and the cache of DVC."""

from pathlib import Path
from typing import Any

from latente.errors import LatenteError
from latente.study import provenance


class Folder:
    """The working folder; paths are relative to the project's root."""

    name = "the working folder"

    def read(self, path: Path) -> bytes | None:
        """The content of a file; None if it does not exist."""
        return path.read_bytes() if path.is_file() else None

    def within(self, folder: Path) -> list[Path]:
        """The files below a folder, sorted."""
        return sorted(path for path in folder.rglob("*") if path.is_file())

    def tags(self) -> dict[str, str]:
        """The commit, whether the files differ from it, and the name of the DVC experiment if there is one."""
        return provenance.tags() | provenance.experiment()


class Commit:
    """A commit: its files in git, and those of DVC that the cache or a remote has.

    Args:
        rev: A commit, branch, tag, or the name of a DVC experiment.

    Raises:
        LatenteError: There is no such revision.
    """

    def __init__(self, rev: str) -> None:
        from dvc.api import DVCFileSystem  # noqa: PLC0415 (slow to import, and only needed for commits)
        from dvc.scm import RevError  # noqa: PLC0415 (as above)
        from dvc.scm import SCMError as NoGitError  # noqa: PLC0415 (as above)
        from dvc_data.index import DataIndexDirError  # noqa: PLC0415 (as above)
        from scmrepo.exceptions import SCMError  # noqa: PLC0415 (as above)

        self.name = rev
        self._missing = (OSError, DataIndexDirError)  # the second if the cache lacks the list of a folder
        try:
            self._files: Any = DVCFileSystem(rev=rev)
            self._commit = str(self._files.repo.get_rev())
        except (RevError, SCMError, NoGitError) as error:
            raise LatenteError(f"{rev!r}: no such commit, branch, tag or experiment ({error})") from error
        self._root = f"/{provenance.prefix()}"  # the project may be a folder of a larger repository

    def read(self, path: Path) -> bytes | None:
        """The content of a file; None if it does not exist, or if neither cache nor remote has it."""
        try:
            return bytes(self._files.read_bytes(self._root + path.as_posix()))
        except self._missing:
            return None

    def within(self, folder: Path) -> list[Path]:
        """The files below a folder, sorted."""
        files = self._files.find(self._root + folder.as_posix())
        return sorted(Path(path.removeprefix(self._root)) for path in files)

    def tags(self) -> dict[str, str]:
        """The commit, `dirty` as false, and the name of the DVC experiment if there is one."""
        return {"commit": self._commit, "dirty": "false"} | provenance.experiment(self._commit)


Tree = Folder | Commit
