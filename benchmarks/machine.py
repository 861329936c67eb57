"""What the numbers were measured on: processor, memory, versions, BLAS."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np  # noqa: F401 - loads the BLAS of NumPy
import scipy.linalg  # noqa: F401 - and that of SciPy, so that threadpoolctl sees both
from threadpoolctl import threadpool_info

PACKAGES = (
    "skinfluence",
    "numpy",
    "scipy",
    "scikit-learn",
    "joblib",
    "pandas",
    "lifelines",
    "scikit-survival",
    "pyinfluence",
)


def processor():
    """The processor's own name where the system tells it."""
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def memory():
    """Physical memory in bytes, None where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def cores():
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def load():
    """Processes that wanted a core, on average over the last minute and the last 15, as text; empty where untold."""
    if not hasattr(os, "getloadavg"):
        return ""
    minute, _, quarter = os.getloadavg()
    return f"load {minute:.1f} over the last minute, {quarter:.1f} over 15, on {cores()} cores"


def _version(package):
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def facts():
    """Everything as one flat dictionary of texts and numbers, for a report or a JSON file."""
    found = {
        "processor": processor(),
        "cores": cores(),
        "memory_gib": None if memory() is None else round(memory() / 2**30, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
    }
    found |= {package: _version(package) for package in PACKAGES if _version(package)}
    for pool in threadpool_info():
        name = f"{pool['user_api']} ({Path(pool['filepath']).name.split('-')[0].split('.')[0]})"
        found[name] = f"{pool['internal_api']} {pool['version']}, {pool['num_threads']} threads"
    return found


def main(argv=()):
    """Print the facts, one a line."""
    table = facts()
    width = max(map(len, table))
    for name, value in table.items():
        print(f"{name:{width}}  {value}")
    return 0
