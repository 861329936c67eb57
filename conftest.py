"""Examples in docstrings that need an extra are run where it is installed, and named where it is not."""

from importlib.util import find_spec

#: path, the module that its examples need, and the extra that brings it
NEEDS = (
    ("skinfluence/displays", "matplotlib", "plot"),
    ("skinfluence/adapters/survival", "lifelines", "survival"),
    ("skinfluence/models/lifelines_cox.py", "lifelines", "survival"),
    ("skinfluence/models/presence_loss.py", "autograd", "autograd"),
)
MISSING = [(path, extra) for path, module, extra in NEEDS if not find_spec(module)]
collect_ignore = [path for path, _ in MISSING]


def pytest_report_header():
    """What is left out."""
    return [f"not collected: {path}, whose examples need skinfluence[{extra}]" for path, extra in MISSING]
