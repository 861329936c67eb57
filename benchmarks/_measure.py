"""Wall time and memory of calls, under the threads that BLAS takes by itself and under one; what is printed, kept."""

import contextlib
import sys
import tracemalloc
from time import perf_counter

import numpy as np  # noqa: F401 - loads the BLAS of NumPy
import scipy.linalg  # noqa: F401 - and that of SciPy, so that threadpoolctl sees both
from threadpoolctl import threadpool_info, threadpool_limits

__all__ = ["blas_threads", "interleaved", "kept_in", "peak_bytes", "shortest", "timed", "under_threads"]


def timed(function, clock=perf_counter):
    """Seconds of one run, and the answer."""
    start = clock()
    answer = function()
    return clock() - start, answer


def interleaved(functions, repeats):
    """(shortest of some runs in seconds, last answer) of each function, by name.

    They take turns, all of them once and then all again: a load that comes and goes meets every one.
    """
    seconds, answers = dict.fromkeys(functions, float("inf")), {}
    for _ in range(repeats):
        for name, function in functions.items():
            # the answer before goes first, it may be large
            answers.pop(name, None)
            took, answers[name] = timed(function)
            seconds[name] = min(seconds[name], took)
    return {name: (seconds[name], answers[name]) for name in functions}


def shortest(function, repeats):
    """Shortest of some runs in seconds, and the last answer."""
    return interleaved({"": function}, repeats)[""]


def blas_threads():
    """Threads that BLAS takes now."""
    return max((pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"), default=1)


def under_threads(function):
    """``{threads: function(threads)}``: as many threads as BLAS takes by itself, as users run it, and then one."""
    many = blas_threads()
    answers = {many: function(many)}
    if many > 1:
        with threadpool_limits(1):
            answers[1] = function(1)
    return answers


def peak_bytes(function):
    """Largest memory that a call allocates over what was there before."""
    tracemalloc.start()
    function()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


class _Both:
    """A stream that writes to two."""

    def __init__(self, *streams):
        self.streams = streams

    def write(self, text):
        for stream in self.streams:
            stream.write(text)

    def flush(self):
        for stream in self.streams:
            stream.flush()


@contextlib.contextmanager
def kept_in(path):
    """What is printed meanwhile goes to a file too."""
    with path.open("w", encoding="utf-8") as file, contextlib.redirect_stdout(_Both(sys.stdout, file)):
        yield
