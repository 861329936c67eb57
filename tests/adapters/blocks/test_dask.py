"""Dask collections: their chunks are the blocks, and stay where they are; a worker may die."""

import multiprocessing
import os
import warnings

import joblib
import numpy as np
import pytest
from cases import BINARY, WEIGHTS, WORDS, X, logistic
from chunks import chunk
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skinfluence import InfluenceFunctions, LeaveOneOut, NewtonStep, RescaledInfluence, RowBlocks
from skinfluence.testing.closeness import assert_near

dask = pytest.importorskip("dask", reason="blocks on a cluster need skinfluence[dask]")
da = pytest.importorskip("dask.array", reason="blocks on a cluster need skinfluence[dask]")
dd = pytest.importorskip("dask.dataframe", reason="blocks on a cluster need skinfluence[dask]")
distributed = pytest.importorskip("distributed", reason="blocks on a cluster need skinfluence[dask]")
pandas = pytest.importorskip("pandas", reason="data frames need pandas")

N = len(X)
#: sums of another order
RTOL = 1e-10


def weighted_model():
    return make_pipeline(StandardScaler(), logistic(class_weight="balanced")).fit(
        X, WORDS, logisticregression__sample_weight=WEIGHTS
    )


def in_local_blocks(model):
    return RescaledInfluence(model).fit(RowBlocks.from_arrays(X, WORDS, WEIGHTS, block_size=10))


@pytest.mark.parametrize("chunks", [(9, 3), (20, 2), (N, 1)])
def test_array_chunks_are_blocks(chunks):
    model = weighted_model()
    arrays = da.from_array(X, chunks=chunks), da.from_array(WORDS, chunks=13), da.from_array(WEIGHTS, chunks=N)
    ours, expected = RescaledInfluence(model).fit(*arrays), in_local_blocks(model)
    assert len(ours.problem_.counts.rows) == -(-N // chunks[0])
    assert_near(ours.attribute(X[:9], WORDS[:9]).values, expected.attribute(X[:9], WORDS[:9]).values, RTOL)
    assert_near(ours.removal([1, 50]).params_change, expected.removal([1, 50]).params_change, RTOL)


@pytest.mark.parametrize("by_name", [True, False])
def test_frame_partitions_are_blocks(by_name):
    table = pandas.DataFrame(X, columns=["age", "height", "weight"])
    model = make_pipeline(StandardScaler(), logistic()).fit(table, WORDS, logisticregression__sample_weight=WEIGHTS)
    stored = dd.from_pandas(table.assign(label=WORDS, mass=WEIGHTS), npartitions=5)
    names = list(table.columns)
    blocks = (
        RowBlocks.from_dask(stored, "label", "mass")
        if by_name
        else RowBlocks.from_dask(stored[names], stored["label"], stored["mass"])
    )
    expected = RescaledInfluence(model).fit(RowBlocks.from_arrays(table, WORDS, WEIGHTS))
    ours = RescaledInfluence(model).fit(blocks)
    assert_near(ours.attribute(table[:9], WORDS[:9]).values, expected.attribute(table[:9], WORDS[:9]).values, RTOL)


def test_collections_and_arrays_are_not_mixed():
    with pytest.raises(ValueError, match="y is of type ndarray, and X a Dask collection"):
        RowBlocks.from_dask(da.from_array(X, chunks=9), BINARY)


def test_collections_of_different_length_are_refused():
    with pytest.raises(ValueError, match="X has 72 rows and the labels or weights 71"):
        RowBlocks.from_dask(da.from_array(X, chunks=9), da.from_array(BINARY[1:], chunks=9))
    table = dd.from_pandas(pandas.DataFrame(X), npartitions=4)
    with pytest.raises(ValueError, match="different numbers of row blocks, {'X': 4, 'y': 3}; rechunk or repartition"):
        RowBlocks.from_dask(table, dd.from_pandas(pandas.Series(BINARY), npartitions=3))


def test_errors_name_the_block():
    labels = da.from_array(np.where(np.arange(N) == 70, 2, BINARY), chunks=9)
    with pytest.raises(ValueError, match="block 7 of the training rows: y holds labels"):
        InfluenceFunctions(LogisticRegression().fit(X, BINARY)).fit(da.from_array(X, chunks=9), labels)


# ---------------------------------------------------------------------- two processes


#: keys stay where they are put, and nobody is given up, however long a worker takes on a busy machine
PATIENT = {
    "distributed.scheduler.active-memory-manager.start": False,
    "distributed.scheduler.work-stealing": False,
    "distributed.scheduler.worker-ttl": None,
    "distributed.comm.timeouts.connect": "600s",
    "distributed.comm.timeouts.tcp": "600s",
}


@pytest.fixture(scope="module")
def forked():
    """Settings by which all workers come out of one process, where there is that method: imports take seconds each."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return {}
    settings = {"distributed.worker.multiprocessing-method": "forkserver"}
    with dask.config.set(settings):
        # it has preloads of its own, once
        distributed.utils.get_mp_context().set_forkserver_preload(["distributed", "skinfluence"])
    return settings


@pytest.fixture(scope="module")
def cluster(forked):
    settings = PATIENT | forked
    with warnings.catch_warnings(), dask.config.set(settings):
        # a port that is taken, a disk that is slow
        warnings.simplefilter("ignore")
        cluster = distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, memory_limit=None
        )
    with dask.config.set(settings), cluster, distributed.Client(cluster) as client:
        yield client


@pytest.fixture
def client(cluster):
    # a worker that a test has killed comes back when it can
    cluster.wait_for_workers(2)
    return cluster


def collection(n_chunks, graves=()):
    """Rows that are made where they are needed; the k-th grave is that of the k-th chunk."""
    graves = [*graves, *[None] * (n_chunks - len(graves))]
    parts = [da.from_delayed(dask.delayed(chunk)(*part), (500, 5), np.float64) for part in enumerate(graves)]
    rows = da.concatenate(parts)
    return rows[:, :4], rows[:, 4].astype(int)


def in_memory(n_chunks):
    rows = np.concatenate([chunk(k) for k in range(n_chunks)])
    return rows[:, :4], rows[:, 4].astype(int)


def test_cluster_of_two_processes_answers_as_one(client):
    rows, y = in_memory(6)
    model = logistic().fit(rows, y)
    local = RowBlocks.from_arrays(rows, y, block_size=700)
    for cls in (RescaledInfluence, NewtonStep):
        ours, expected = cls(model).fit(*(part.persist() for part in collection(6))), cls(model).fit(local)
        answers = [a.attribute(rows[:9], y[:9], aggregate=False).values for a in (ours, expected)]
        assert_near(*answers, RTOL)
        assert_near(ours.self_influence().values, expected.self_influence().values, RTOL)
        assert_near(ours.removal([3, 2999]).params_change, expected.removal([3, 2999]).params_change, RTOL)


def test_both_workers_hold_blocks_and_none_is_gathered(client):
    workers = list(client.has_what())
    futures = [client.submit(chunk, k, workers=[workers[k % 2]], pure=False) for k in range(8)]
    rows = da.concatenate([da.from_delayed(dask.delayed(future), (500, 5), np.float64) for future in futures])
    rows, y = rows[:, :4], rows[:, 4].astype(int)
    distributed.wait(futures)
    model = logistic().fit(*in_memory(8))
    largest = []
    gather = client.gather

    def watched(*arguments, **settings):
        answer = gather(*arguments, **settings)
        largest.extend(np.asarray(part).nbytes for part in answer if isinstance(part, np.ndarray))
        return answer

    client.gather = watched
    try:
        attributor = InfluenceFunctions(model).fit(rows, y)
        attributor.attribute(*in_memory(1))
    finally:
        client.gather = gather
    # a block of features has 16 kB, its scores 4
    assert largest
    assert max(largest) <= 8 * 500
    held = client.who_has(futures)
    assert all(workers[k % 2] in held[future.key] for k, future in enumerate(futures))


def test_refits_run_on_dask_through_joblib(client):
    rows, y = in_memory(1)
    attributor = LeaveOneOut(logistic(), method="refit", n_jobs=2).fit(rows[:40], y[:40])
    with joblib.parallel_config("threading"):
        here = attributor.attribute(rows[100:200], y[100:200]).values
    with joblib.parallel_config("dask"):
        there = attributor.attribute(rows[100:200], y[100:200]).values
    # BLAS may have another number of threads in the workers
    assert_near(there, here, RTOL)


def test_killed_worker_changes_no_answer(client, tmp_path):
    n_chunks = 8
    rows, y = in_memory(n_chunks)
    model = logistic().fit(rows, y)
    expected = RescaledInfluence(model).fit(RowBlocks.from_arrays(rows, y)).attribute(rows[:9], y[:9]).values
    grave = tmp_path / "grave"
    ours = RescaledInfluence(model).fit(*collection(n_chunks, [None] * 5 + [grave])).attribute(rows[:9], y[:9]).values
    assert int(grave.read_text()) not in client.run(os.getpid).values()
    assert_near(ours, expected, RTOL)
