"""Where the cases of a run start: each day, and in CI each commit, has others."""

import os
from datetime import UTC, datetime

__all__ = ["run_seed", "seeds_of"]

#: seeds of one run; those of the next start behind them
SPAN = 100_000


def run_seed():
    """``GENERATED_SEED`` of the environment, else the date as a number."""
    return int(os.environ.get("GENERATED_SEED") or f"{datetime.now(UTC):%Y%m%d}")


def seeds_of(chunk, size, first=0):
    """The seeds of one chunk of cases of this run."""
    start = run_seed() * SPAN + first + chunk * size
    return range(start, start + size)
