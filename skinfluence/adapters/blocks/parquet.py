"""Blocks of a Parquet data set; pyarrow's door."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ..._optional import require

__all__ = ["parquet_readers"]


def parquet_readers(
    path: Any, y: str, sample_weight: str | None, features: Sequence[str] | None, block_size: int | None
) -> tuple[Callable[[], Any], ...]:
    """Functions that read the batches of a data set: with features, and without."""
    dataset = require("pyarrow.dataset", "parquet", "RowBlocks.from_parquet").dataset(path)
    require("pandas", "parquet", "RowBlocks.from_parquet")
    labels = [y] if sample_weight is None else [y, sample_weight]
    if features is None:
        features = [name for name in dataset.schema.names if name not in labels]
    missing = [name for name in [*features, *labels] if name not in dataset.schema.names]
    if missing:
        raise ValueError(f"the data set has no column {missing}; its columns are {dataset.schema.names}")
    return tuple(partial(_loaders, dataset, columns, labels, block_size) for columns in (features, None))


def _loaders(dataset, features, labels, block_size):
    # without readahead, of which the default is sixteen batches of four files
    batches = dataset.to_batches(
        columns=[*(features or []), *labels], batch_size=block_size, batch_readahead=1, fragment_readahead=1
    )
    return (partial(_load, batch, features, labels) for batch in batches if batch.num_rows)


def _load(batch, features, labels):
    frame = batch.to_pandas()
    values = [frame[name].to_numpy() for name in labels]
    return (None if features is None else frame[features], *values)
