"""Save pictures."""

import os
from pathlib import Path

from .._optional import require
from .errors import CommandError

__all__ = ["check_picture", "save"]

FORMATS = (".png", ".svg", ".pdf")


def check_picture(path):
    """Raise an error for an unknown picture format or a missing matplotlib, before the long computation."""
    if Path(path).suffix.lower() not in FORMATS:
        raise CommandError(f"cannot draw {str(path)!r}; name the picture {', '.join(FORMATS[:-1])} or {FORMATS[-1]}")
    # do not open a window
    os.environ.setdefault("MPLBACKEND", "agg")
    require("matplotlib", "plot", "a picture")


def save(display, path, name):
    """Save the figure of a display at `path` in the format of `name`."""
    display.figure_.savefig(path, format=Path(name).suffix[1:].lower(), dpi=150, bbox_inches="tight")
