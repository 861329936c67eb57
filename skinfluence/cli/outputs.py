"""Output files are complete or absent: each is written under a temporary name and renamed at the end."""

import os
from contextlib import suppress
from pathlib import Path

from .errors import CommandError

__all__ = ["Outputs"]


class Outputs:
    """The files that one command writes, as a context.

    Each file is written under a temporary name in its own folder. When the block ends well all of them are moved to
    their names; when it ends in any other way (an error, Ctrl-C, a closed pipe) all of them are removed.

    Parameters
    ----------
    inputs : sequence of path
        Files that are read and must therefore not be written.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with Outputs() as outputs:
    ...     _ = outputs.reserve(folder / "kept.csv").write_text("a,b")
    >>> (folder / "kept.csv").read_text()
    'a,b'
    """

    def __init__(self, inputs=()):
        self.inputs = [Path(path) for path in inputs if path is not None]
        self._temporary = {}

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if kind is None:
            for path, temporary in self._temporary.items():
                os.replace(temporary, path)
        for temporary in self._temporary.values():
            with suppress(FileNotFoundError):
                temporary.unlink()

    def reserve(self, path):
        """Reserve `path` and return the temporary path to write to.

        Raises
        ------
        CommandError
            When the folder is missing or not writable, when `path` is a folder or a device, one of the inputs, or
            already reserved.
        """
        path = Path(os.path.realpath(path))
        self._check(path)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
        try:
            temporary.touch(exist_ok=False)
        except OSError as error:
            raise CommandError(
                f"cannot write to the folder {str(path.parent)!r} ({error.strerror}); choose another one"
            ) from error
        self._temporary[path] = temporary
        return temporary

    def _check(self, path):
        if not path.parent.is_dir():
            raise CommandError(f"the folder {str(path.parent)!r} does not exist; create it first, or write elsewhere")
        if path.exists() and not path.is_file():
            raise CommandError(f"{str(path)!r} is not a file; give the name of a file to write")
        if any(source.exists() and path.exists() and os.path.samefile(path, source) for source in self.inputs):
            raise CommandError(f"{str(path)!r} is an input; write to another file, so that the original is kept")
        if path in self._temporary:
            raise CommandError(f"{str(path)!r} is given for two outputs; give each its own name")
