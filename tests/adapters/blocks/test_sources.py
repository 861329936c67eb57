"""Every source of blocks gives the same rows, and says clearly what it cannot read."""

import numpy as np
import pytest
from cases import BINARY, SPARSE, WEIGHTS, WORDS, X, logistic
from rounding import EFFECTS
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skinfluence import InfluenceFunctions, RescaledInfluence, RowBlocks
from skinfluence.adapters import adapt_blocks, as_row_blocks
from skinfluence.problems import BlockProblem, LinearProblem
from skinfluence.testing.closeness import assert_near

N = len(X)
#: in memory the curvature may be within 1e-9 of that of the optimum; the inverse makes a little more of it
RTOL = 1e-8


def rows_of(blocks):
    return [np.concatenate(parts) for parts in zip(*blocks.map(lambda block, number: block), strict=True)]


def answers(estimator, blocks, X, y):
    return RescaledInfluence(estimator).fit(blocks).attribute(X[:9], y[:9]).values


def in_pieces(*arrays, size=10):
    return [tuple(values[start : start + size] for values in arrays) for start in range(0, N, size)]


class Stream:
    """Starts anew whenever it is run through."""

    def __iter__(self):
        yield from in_pieces(X, WORDS, WEIGHTS)


@pytest.mark.parametrize("size", [1, 7, N, 1000])
def test_arrays_are_cut_into_consecutive_rows(size):
    blocks = RowBlocks.from_arrays(X, WORDS, WEIGHTS, block_size=size)
    for rows, whole in zip(rows_of(blocks), (X, WORDS, WEIGHTS)):
        np.testing.assert_array_equal(rows, whole)
    lengths = list(blocks.map(lambda block, number: len(block[1])))
    assert lengths[:-1] == [min(size, N)] * (len(lengths) - 1)
    assert sum(lengths) == N


def test_block_size_follows_the_width_of_rows():
    wide, narrow = (RowBlocks.from_arrays(np.zeros((9_000, p)), np.zeros(9_000)) for p in (2048, 1))
    assert len(list(wide.map(lambda block, number: 0))) == 18
    assert len(list(narrow.map(lambda block, number: 0))) == 1


def test_memory_map_is_read_from_where_its_rows_lie(tmp_path):
    stored = np.memmap(tmp_path / "X", dtype=np.float32, mode="w+", shape=(N + 5, 3))
    stored[5:] = X
    stored.flush()
    whole = np.memmap(tmp_path / "X", dtype=np.float32, mode="r", offset=5 * 3 * 4, shape=(N, 3))
    for rows in (whole, stored[5:]):
        np.testing.assert_array_equal(rows_of(RowBlocks.from_arrays(rows, BINARY, np.ones(N), block_size=7))[0], rows)
    columns = np.memmap(tmp_path / "X", dtype=np.float32, mode="r", offset=60, shape=(N, 3)).T.T
    np.testing.assert_array_equal(rows_of(RowBlocks.from_arrays(columns, BINARY, np.ones(N), block_size=9))[0], whole)


@pytest.mark.parametrize(
    "blocks",
    [in_pieces(X, WORDS, WEIGHTS), Stream(), lambda: iter(in_pieces(X, WORDS, WEIGHTS, size=11))],
    ids=["list", "iterable", "function"],
)
def test_iterables_give_their_blocks_again_and_again(blocks):
    estimator = logistic().fit(X, WORDS, WEIGHTS)
    whole = RowBlocks.from_arrays(X, WORDS, WEIGHTS)
    ours = answers(estimator, RowBlocks.from_iterable(blocks, n_jobs=2), X, WORDS)
    assert_near(ours, answers(estimator, whole, X, WORDS), EFFECTS)


def test_sparse_rows_stay_sparse():
    estimator = logistic().fit(SPARSE, BINARY)
    blocks = RowBlocks.from_arrays(SPARSE, BINARY, block_size=10)
    assert all(blocks.map(lambda block, number: block[0].format == "csr"))
    ours, whole = (answers(estimator, b, SPARSE, BINARY) for b in (blocks, RowBlocks.from_arrays(SPARSE, BINARY)))
    assert_near(ours, whole, EFFECTS)


def frame():
    pandas = pytest.importorskip("pandas", reason="DataFrames need pandas")
    table = pandas.DataFrame(X, columns=["age", "height", "weight"])
    return table.assign(town=np.array(["Rom", "Ulm", "Bari"])[np.arange(N) % 3])


def frame_model(table):
    columns = [("town", OneHotEncoder(), ["town"]), ("numbers", StandardScaler(), ["age", "height", "weight"])]
    return make_pipeline(ColumnTransformer(columns), logistic()).fit(
        table, WORDS, logisticregression__sample_weight=WEIGHTS
    )


def test_frames_go_through_the_pipeline_block_by_block():
    table = frame()
    model = frame_model(table)
    blocks = RowBlocks.from_arrays(table, WORDS, WEIGHTS, block_size=7)
    attributor = RescaledInfluence(model).fit(blocks)
    assert list(attributor.feature_names_in_) == list(table.columns)
    assert attributor.n_features_in_ == 4
    expected = RescaledInfluence(model).fit(table, WORDS, WEIGHTS).attribute(table[:9], WORDS[:9]).values
    assert_near(attributor.attribute(table[:9], WORDS[:9]).values, expected, RTOL)


@pytest.mark.parametrize("block_size", [7, 40, 1000])
def test_parquet_files_are_blocks_of_frames(tmp_path, block_size):
    pytest.importorskip("pyarrow", reason="Parquet needs pyarrow")
    table = frame()
    model, stored = frame_model(table), table.assign(label=WORDS, mass=WEIGHTS)
    stored[:50].to_parquet(tmp_path / "0.parquet", row_group_size=20)
    stored[50:].to_parquet(tmp_path / "1.parquet")
    blocks = RowBlocks.from_parquet(tmp_path, "label", "mass", block_size=block_size)
    expected = RescaledInfluence(model).fit(RowBlocks.from_arrays(table, WORDS, WEIGHTS))
    ours = RescaledInfluence(model).fit(blocks)
    rows = table[:9], WORDS[:9]
    assert_near(ours.attribute(*rows).values, expected.attribute(*rows).values, EFFECTS)
    assert ours.problem_.counts.rows.max() <= block_size


def test_parquet_columns_that_are_not_there_are_named(tmp_path):
    pytest.importorskip("pyarrow", reason="Parquet needs pyarrow")
    frame().to_parquet(tmp_path / "rows.parquet")
    with pytest.raises(ValueError, match=r"no column \['label'\]; its columns are \['age', 'height'"):
        RowBlocks.from_parquet(tmp_path / "rows.parquet", "label")


def test_missing_packages_are_named_with_their_extra(monkeypatch, tmp_path):
    def absent(module, extra, purpose):
        raise ImportError(f"{purpose} needs {module}; install it with: pip install 'skinfluence[{extra}]'")

    monkeypatch.setattr("skinfluence.adapters.blocks.parquet.require", absent)
    monkeypatch.setattr("skinfluence.adapters.blocks.cluster.require", absent)
    with pytest.raises(ImportError, match=r"RowBlocks.from_parquet needs pyarrow.dataset; .*skinfluence\[parquet\]"):
        RowBlocks.from_parquet(tmp_path, "y")
    with pytest.raises(ImportError, match=r"RowBlocks.from_dask needs dask; .*skinfluence\[dask\]"):
        RowBlocks.from_dask(X, BINARY)


def changing(*calls):
    """A source that gives other blocks at each start."""
    left = list(calls)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


WHOLE = [(X[:40], BINARY[:40]), (X[40:], BINARY[40:])]
WRONG = {
    "is no tuple": ([X], r"block 0 is no tuple \(X, y\) or \(X, y, sample_weight\) but of type ndarray"),
    "another width": (
        [WHOLE[0], (X[40:, :2], BINARY[40:])],
        "block 1 of the training rows: X has 2 features, but LogisticRegression is expecting 3",
    ),
    "another length": ([(X[:40], BINARY[:39])], "block 0 of the training rows: .*inconsistent numbers of samples"),
    "no rows": ([WHOLE[0], (X[:0], BINARY[:0])], "block 1 has no rows; leave empty blocks out"),
    "unknown class": (
        [WHOLE[0], (X[40:], BINARY[40:] + 1)],
        r"block 1 of the training rows: y holds labels that the estimator was not trained on: \['2'\]",
    ),
    "not finite": ([(np.full_like(X, np.nan), BINARY)], "block 0 of the training rows: Input X contains NaN"),
    "negative weight": ([(X, BINARY, -WEIGHTS)], "block 0 of the training rows: .*[Nn]egative"),
    "no weight": ([(X, BINARY, 0 * WEIGHTS)], "sample_weight is all zero; at least one training row needs"),
    "no blocks": ([], "there are no blocks, and so no training rows"),
    "fewer blocks": (
        changing(WHOLE, WHOLE, WHOLE[:1]),
        "there were 2 blocks when they were counted, and now there are 1",
    ),
    "more blocks": (changing(WHOLE, WHOLE, [*WHOLE, WHOLE[0]]), "there were 2 blocks .* and now there are more"),
    "other blocks": (
        changing(WHOLE, WHOLE, WHOLE[::-1]),
        "block 0 .*: it has 32 rows and had 40 when they were counted",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_blocks_are_refused_by_number(name):
    blocks, message = WRONG[name]
    estimator = LogisticRegression().fit(X, BINARY)
    with pytest.raises(ValueError, match=message):
        InfluenceFunctions(estimator).fit(RowBlocks.from_iterable(blocks))


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        (iter(WHOLE), "blocks is an iterator .*, which cannot be started anew"),
        ((block for block in WHOLE), r"blocks is an iterator \(generator\)"),
        (5, "blocks must be an iterable of tuples .*, got int"),
    ],
)
def test_what_cannot_be_started_anew_is_refused(blocks, message):
    with pytest.raises(ValueError, match=message):
        RowBlocks.from_iterable(blocks)


@pytest.mark.parametrize("size", [0, -3, 2.5, True])
def test_block_size_is_a_number_of_rows(size):
    with pytest.raises(ValueError, match="block_size must be a positive number of rows"):
        RowBlocks.from_arrays(X, BINARY, block_size=size)


def test_arrays_of_different_length_are_refused():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        RowBlocks.from_arrays(X, BINARY[:-1])


def test_large_memory_maps_are_read_in_blocks_where_they_may(monkeypatch, tmp_path):
    monkeypatch.setattr("skinfluence.adapters.blocks.LARGE", 8 * N * 3)
    rows = np.memmap(tmp_path / "X", dtype=np.float64, mode="w+", shape=(N, 3))
    rows[:] = X
    assert isinstance(as_row_blocks(rows, BINARY, None), RowBlocks)
    assert as_row_blocks(rows, BINARY, None, willing=False) is None
    assert as_row_blocks(rows[1:], BINARY[1:], None) is None
    assert as_row_blocks(X, BINARY, None) is None
    estimator = logistic().fit(X, BINARY)
    assert isinstance(RescaledInfluence(estimator).fit(rows, BINARY).problem_, BlockProblem)
    assert isinstance(RescaledInfluence(logistic()).fit(rows, BINARY).problem_, LinearProblem)


def test_estimator_whose_rows_have_other_weights_is_refused_in_blocks():
    from sklearn.gaussian_process import GaussianProcessRegressor

    estimator = GaussianProcessRegressor(alpha=0.1).fit(X, BINARY)
    with pytest.raises(TypeError, match="GaussianProcessRegressor holds all its training rows"):
        adapt_blocks(estimator, RowBlocks.from_arrays(X, BINARY))


def test_waiting_blocks_are_few():
    """Threads are kept busy, and no more is read than that takes."""
    read, done = [], []

    def blocks():
        for number, block in enumerate(in_pieces(X, BINARY, size=3)):
            read.append(number)
            yield block

    source = RowBlocks.from_iterable(blocks, n_jobs=2)
    for answer in source.map(lambda block, number: number):
        done.append(answer)
        assert len(read) - len(done) <= 3
    assert done == sorted(done)
    assert len(done) == 24
