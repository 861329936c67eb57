"""Threads: as many as BLAS has unless told otherwise, and the same answer to the last bit for every number."""

import threading
import time

import numpy as np
import pytest
import sklearn
from joblib import Parallel, delayed, parallel_backend
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_info, threadpool_limits

from skinfluence import LeaveOneOut, NewtonStep
from skinfluence._parallel import n_threads, one_blas_thread, run_blocks, small_products
from skinfluence.attributors.retraining import exact_optimum


def _of_blas():
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@pytest.fixture
def two_blas_threads():
    with threadpool_limits(2, user_api="blas"):
        if _of_blas() != {2}:
            pytest.skip(f"BLAS does not take two threads, but {_of_blas()}")
        yield


def test_as_many_threads_as_blas_has_or_as_joblib_is_told(two_blas_threads):
    assert n_threads(None) == 2
    assert n_threads(1) == 1
    assert n_threads(3) == 3
    with parallel_backend("threading", n_jobs=5):
        assert n_threads(None) == 5
    with one_blas_thread() as before:
        assert before == 2
        assert n_threads(None) == 1


def test_inside_threads_of_joblib_there_is_one(two_blas_threads):
    inside = Parallel(n_jobs=2, backend="threading")(delayed(n_threads)(None) for _ in range(4))
    assert set(inside) == {1}


def test_blocks_run_with_one_blas_thread_and_a_single_one_with_all(two_blas_threads):
    assert run_blocks(lambda _: _of_blas(), [0, 1, 2]) == [{1}] * 3
    assert run_blocks(lambda _: _of_blas(), [0]) == [{2}]
    assert run_blocks(lambda _: _of_blas(), []) == []
    assert _of_blas() == {2}


@pytest.mark.parametrize("of_blas", [1, 2])
@pytest.mark.parametrize("n_jobs", [None, 1, 2, 3])
def test_answers_are_the_same_to_the_last_bit_for_every_number_of_threads(n_jobs, of_blas, monkeypatch):
    # blocks of 8 rows
    monkeypatch.setattr("skinfluence.removal.rank_one_downdates.BLOCK_SIZE", 8 * 400)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 5))
    y = (X[:, 0] + rng.normal(size=400) > 0).astype(int)
    model = LogisticRegression(tol=1e-8).fit(X, y)
    sets = [rng.choice(400, 5, replace=False) for _ in range(300)]
    with threadpool_limits(of_blas, user_api="blas"):
        for ask in (
            lambda k: LeaveOneOut(model, n_jobs=k).fit(X, y).params_change_,
            lambda k: NewtonStep(model).fit(X, y).removals(sets, n_jobs=k).params_change,
        ):
            np.testing.assert_array_equal(ask(n_jobs), ask(1))


def test_overlapping_work_gives_blas_its_threads_back(two_blas_threads):
    """Each of two limits that overlap would put back what it found: the second one thread."""
    first, second = one_blas_thread(), one_blas_thread()
    assert first.__enter__() == 2
    assert second.__enter__() == 1
    first.__exit__(None, None, None)
    assert _of_blas() == {1}
    second.__exit__(None, None, None)
    assert _of_blas() == {2}


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_an_interrupt_ends_work_in_blocks(n_jobs, two_blas_threads):
    """What runs ends, what waits is left, and BLAS has its threads again."""
    done = []

    def work(block):
        if block == 5:
            raise KeyboardInterrupt
        done.append(block)

    with pytest.raises(KeyboardInterrupt):
        run_blocks(work, range(1000), n_jobs)
    assert len(done) < 20
    assert _of_blas() == {2}


def test_settings_of_scikit_learn_hold_in_threads():
    with sklearn.config_context(assume_finite=True):
        told = run_blocks(lambda _: sklearn.get_config()["assume_finite"], range(4), n_jobs=2)
    assert told == [True] * 4


def test_verbose_says_the_time_that_is_left_and_the_end(capsys, monkeypatch):
    monkeypatch.setattr("skinfluence._progress.PAUSE", 0.0)
    run_blocks(lambda _: time.sleep(0.01), range(4), n_jobs=1, verbose=1)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(" in ")[0] for line in lines] == [f"[skinfluence] {k} of 4 blocks" for k in (1, 2, 3, 4)]
    assert lines[0].endswith("s left")
    assert lines[-1].endswith("done")
    run_blocks(lambda _: None, range(4))
    assert capsys.readouterr().err == ""


def test_blocks_among_small_products_keep_their_threads(two_blas_threads):
    with small_products():
        assert _of_blas() == {1}
        assert n_threads(None) == 2
        assert n_threads(1) == 1
        inside = run_blocks(lambda _: (threading.current_thread().name, n_threads(None)), range(4))
        # within a block there is nothing left to share
        assert {number for _, number in inside} == {1}
        assert threading.current_thread().name not in {name for name, _ in inside}
        with small_products():
            assert n_threads(None) == 2
        assert n_threads(None) == 2
    assert _of_blas() == {2}


def test_exact_deletion_of_few_rows_wakes_no_threads_of_blas(two_blas_threads, monkeypatch):
    """The wheels of NumPy and SciPy bring a BLAS each, whose idle threads keep each other waiting."""
    seen, whole = [], exact_optimum.exact_changes
    monkeypatch.setattr(exact_optimum, "exact_changes", lambda *a, **k: (seen.append(_of_blas()), whole(*a, **k))[1])
    X = np.random.default_rng(0).normal(size=(60, 3))
    LeaveOneOut(LogisticRegression()).fit(X, (X[:, 0] > 0).astype(int))
    assert seen == [{1}]
