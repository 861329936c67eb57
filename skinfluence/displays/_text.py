"""Text in boxes: wrapped at word ends, shortened in the middle, measured without a renderer."""

import re

from .._optional import require

__all__ = ["fit_size", "shorten", "wrap"]


def shorten(text: str, length: int) -> str:
    """At most `length` characters, the middle left out: similar names differ at the ends.

    Examples
    --------
    >>> shorten("worst concave points", 11)
    'worst c…nts'
    """
    if len(text) <= length:
        return text
    tail = max(length - 1, 3) // 3
    return f"{text[: max(length, 3) - 1 - tail].rstrip()}…{text[-tail:].lstrip()}"


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width` characters, broken after spaces, underscores and slashes, else anywhere.

    Examples
    --------
    >>> wrap("mean_corpuscular volume", 12)
    ['mean_', 'corpuscular', 'volume']
    """
    # a no-break space keeps a sign and its number together: \\s would match it
    words = re.findall(r"[^ _/]*[ _/]?", text)
    pieces = [word[k : k + width] for word in words for k in range(0, len(word), width)]
    lines = [""]
    for piece in pieces:
        if len((lines[-1] + piece).rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    return [line.strip(" ") for line in lines if line.strip()]


def fit_size(lines: list[str], size: float, width: float, weight: str = "normal") -> float:
    """Font size, at most `size`, at which the longest line is at most `width` points wide."""
    path = require("matplotlib.textpath", "plot", "a display").TextPath
    font = require("matplotlib.font_manager", "plot", "a display").FontProperties(weight=weight)
    measured = [path((0, 0), line.replace("$", "S"), size=size, prop=font).get_extents().width for line in lines]
    return size * min(1.0, width / max(measured, default=width))
