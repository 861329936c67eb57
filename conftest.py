"""Examples in docstrings that need an extra are run where it is installed, and named where it is not."""

from importlib.util import find_spec

DRAWING = None if find_spec("matplotlib") else "skinfluence/displays: its examples draw with skinfluence[plot]"
collect_ignore = ["skinfluence/displays"] if DRAWING else []


def pytest_report_header():
    """What is left out."""
    return f"not collected: {DRAWING}" if DRAWING else None
