"""Threads: independent blocks run side by side with one BLAS thread each; a large single product has those of BLAS.

A product for one block is small: sharing it among the threads of BLAS costs more than it saves. How work is cut into
blocks must not depend on the number of threads: then answers are the same to the last bit for every number.

joblib says how many threads; they are those of ``concurrent.futures``, which start in a tenth of the time of joblib's
(11 ms), longer than many a fit takes.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache, partial
from typing import Any

from joblib import effective_n_jobs
from joblib.parallel import get_active_backend
from sklearn import config_context, get_config
from threadpoolctl import ThreadpoolController

from ._progress import BlockProgress

__all__ = ["in_threads", "n_threads", "one_blas_thread", "run_blocks", "small_products"]


def run_blocks(
    function: Callable[..., Any], blocks: Sequence[Any], n_jobs: int | None = None, verbose: int = 0
) -> list[Any]:
    """``[function(block) for block in blocks]`` in threads.

    Parameters
    ----------
    n_jobs : int or None
        Threads, of joblib; None means those of joblib's context, or else as many as BLAS has.
    verbose : int
        Above 0, an estimate of the time once the first block is done, and progress, on standard error.
    """
    if len(blocks) < 2:
        return [function(block) for block in blocks]
    with one_blas_thread() as before:
        calls = (partial(function, block) for block in blocks)
        number = min(n_threads(n_jobs, before), len(blocks))
        answers = in_threads(calls, number)
        return list(BlockProgress(len(blocks), number).over(answers) if verbose else answers)


def in_threads(calls: Iterable[Callable[[], Any]], number: int) -> Iterator[Any]:
    """Results of calls in their order, each with one BLAS thread.

    As many more calls than threads wait as keep these busy: results that nobody has taken yet do not pile up. An
    interrupt ends the work after the calls that run.
    """
    with one_blas_thread():
        if number == 1:
            yield from (call() for call in calls)
            return
        configured = partial(_with_config, get_config())
        pool = ThreadPoolExecutor(number)
        waiting: deque[Any] = deque()
        try:
            for call in calls:
                waiting.append(pool.submit(configured, call))
                if len(waiting) > number:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def _with_config(config, call):
    """scikit-learn's settings are those of a thread."""
    with config_context(**config):
        return call()


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
    return 1 if nested else of_blas or _own_share() or _blas_threads()


@cache
def _blas():
    """The libraries of NumPy and SciPy: to look for them takes milliseconds, to set their threads microseconds."""
    # SciPy brings a BLAS of its own, loaded with the first of its routines
    import scipy.linalg.blas  # noqa: F401

    return ThreadpoolController().select(user_api="blas")


def _blas_threads():
    return max((library.num_threads for library in _blas().lib_controllers), default=1)


class _Limit:
    """One BLAS thread from the first who asks to the last who leaves: threads of the caller overlap as they like."""

    def __init__(self):
        self.lock, self.inside, self.limiter = threading.Lock(), 0, None

    def enter(self):
        with self.lock:
            before = _blas_threads()
            if not self.inside:
                self.limiter = _blas().limit(limits=1)
            self.inside += 1
        return before

    def leave(self):
        with self.lock:
            self.inside -= 1
            if not self.inside:
                self.limiter.restore_original_limits()


_LIMIT = _Limit()


@contextmanager
def one_blas_thread() -> Iterator[int]:
    """One BLAS thread meanwhile; gives how many there were."""
    before = _LIMIT.enter()
    try:
        yield _own_share() or before
    finally:
        _LIMIT.leave()


_SHARE = threading.local()


def _own_share():
    """Threads that this thread keeps for its blocks; None where that is not said."""
    return getattr(_SHARE, "threads", None)


@contextmanager
def small_products() -> Iterator[None]:
    """One BLAS thread for all work meanwhile, in blocks or not; blocks run in as many threads as BLAS had."""
    with one_blas_thread() as before:
        kept, _SHARE.threads = _own_share(), before
        try:
            yield
        finally:
            _SHARE.threads = kept
