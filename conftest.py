"""Examples in docstrings that need an extra are run where it is installed, and named where it is not."""

from importlib.util import find_spec

DRAWING = None if find_spec("matplotlib") else "skinfluence/displays: its examples draw with skinfluence[plot]"
SURVIVAL = (
    None if find_spec("lifelines") else "skinfluence/adapters/survival: its examples fit with skinfluence[survival]"
)
collect_ignore = ["skinfluence/displays"] * bool(DRAWING) + ["skinfluence/adapters/survival"] * bool(SURVIVAL)


def pytest_report_header():
    """What is left out."""
    return [f"not collected: {reason}" for reason in (DRAWING, SURVIVAL) if reason]
