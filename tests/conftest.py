"""Settings of the whole suite."""

import functools
import gc
import os
import re

# without it scikit-learn skips one of its checks; it is read when SciPy is imported
os.environ.setdefault("SCIPY_ARRAY_API", "1")
# with one process a core, threads of BLAS only stand in each other's way
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("OMP_NUM_THREADS", "1")

from generated.seeds import run_seed
from hypothesis import settings

# thousands of tests and the modules that they need stay until the end: to look for garbage among them is in vain
gc.disable()

# the same examples on every machine, however long they take there
settings.register_profile("everywhere", derandomize=True, deadline=None)
settings.load_profile("everywhere")


def pytest_report_header():
    """Which cases are drawn."""
    return f"generated cases: GENERATED_SEED={run_seed()}"


def pytest_collection_finish():
    """From here on garbage is looked for, among what the tests leave behind."""
    gc.freeze()
    gc.enable()


def pytest_make_parametrize_id(val):
    """What a parameter is called in the id of its test: the same in each process, so never by address or hash order."""
    if val is None or isinstance(val, (str, bytes, int, float, complex)) or hasattr(val, "shape"):
        return None  # pytest names plain values by their value, and arrays by argument and place
    name = _plain_name(val)
    return name if len(name) <= 160 else None


def _plain_name(val):
    if isinstance(val, functools.partial):
        return f"{_plain_name(val.func)} with {_plain_name(val.keywords or val.args)}"
    if isinstance(val, (set, frozenset)):
        return "{" + ", ".join(sorted(map(repr, val))) + "}"
    if callable(val) and hasattr(val, "__name__"):
        return val.__name__.strip("<>")
    if type(val).__str__ is object.__str__ and type(val).__repr__ is object.__repr__:
        return type(val).__name__
    without_addresses = re.sub(r"<(?:function |bound method )?(?:[\w<>]+\.)*<?(\w+)>? at 0x[0-9a-f]+>", r"\1", str(val))
    return re.sub(r"\s+", " ", re.sub(r" at 0x[0-9a-f]+", "", without_addresses))
