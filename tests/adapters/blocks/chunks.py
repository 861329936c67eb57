"""Rows that are made in the workers of a cluster, which import this file and nothing else of the tests."""

import os
import signal

import numpy as np


def chunk(start, grave=None):
    """Rows; the first worker that makes them dies of it, where there is a grave, and leaves its name there."""
    if grave is not None and not os.path.exists(grave):
        with open(grave, "w") as stone:
            stone.write(str(os.getpid()))
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
    generator = np.random.default_rng(start)
    rows = generator.normal(size=(500, 4))
    return np.column_stack([rows, rows[:, 0] + generator.logistic(size=500) > 0])
