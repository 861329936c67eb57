"""The summary on the terminal, and as JSON for programs."""

import json

import numpy as np

from .. import __version__

__all__ = ["print_facts", "write_json"]


def print_facts(facts, stream, title=None):
    """Print a dictionary as aligned lines, indented under a title where there is one.

    >>> import sys
    >>> print_facts({"rows": 3, "objective": "loss"}, sys.stdout)
    rows       3
    objective  loss
    """
    indent = ""
    if title is not None:
        print(f"\n{title}", file=stream)
        indent = "  "
    width = max(map(len, facts))
    for name, value in facts.items():
        print(f"{indent}{name:{width}}  {value}", file=stream)


def write_json(facts, path):
    """Write facts and the version of skinfluence; NaN and infinity become null."""
    document = {"skinfluence": __version__, **facts}
    path.write_text(json.dumps(_plain(document), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _plain(value):
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value
