"""Threads: independent blocks run side by side with one BLAS thread each; a large single product has those of BLAS.

A product for one block is small: sharing it among the threads of BLAS costs more than it saves. How work is cut into
blocks must not depend on the number of threads: then answers are the same to the last bit for every number.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from joblib import effective_n_jobs
from joblib.parallel import get_active_backend
from sklearn.utils.parallel import Parallel, delayed
from threadpoolctl import threadpool_info, threadpool_limits

__all__ = ["n_threads", "one_blas_thread", "run_blocks"]


def run_blocks(
    function: Callable[..., Any], blocks: Sequence[Any], n_jobs: int | None = None, verbose: int = 0
) -> list[Any]:
    """``[function(block) for block in blocks]`` in threads.

    Parameters
    ----------
    n_jobs : int or None
        Threads, of joblib; None means those of joblib's context, or else as many as BLAS has.
    verbose : int
        Progress, as in joblib.
    """
    if len(blocks) == 1:
        return [function(blocks[0])]
    with one_blas_thread() as before:
        parallel = Parallel(n_jobs=n_threads(n_jobs, before), backend="threading", verbose=verbose)
        return parallel(delayed(function)(block) for block in blocks)


def n_threads(n_jobs: int | None, of_blas: int | None = None) -> int:
    """Number of threads for blocks.

    Parameters
    ----------
    n_jobs : int or None
        As above.
    of_blas : int or None
        Threads of BLAS, where they are known.
    """
    asked = effective_n_jobs(n_jobs)
    if n_jobs is not None or asked > 1:
        return asked
    backend, _ = get_active_backend()
    nested = backend.nesting_level and threading.current_thread() is not threading.main_thread()
    # a search that runs in threads keeps the processor busy; one in processes leaves each its share of BLAS's threads
    return 1 if nested else of_blas or _blas_threads()


def _blas_threads():
    return max((pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"), default=1)


@contextmanager
def one_blas_thread() -> Iterator[int]:
    """One BLAS thread meanwhile; gives how many there were."""
    before = _blas_threads()
    with threadpool_limits(1, user_api="blas"):
        yield before
