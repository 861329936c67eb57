"""Groups of training rows by the columns of the training table."""

import numpy as np
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skinfluence import NewtonStep

pandas = pytest.importorskip("pandas", reason="columns of frames: skinfluence[cli]")
polars = pytest.importorskip("polars", reason="columns of frames: skinfluence[test]")
generator = np.random.default_rng(0)
COLUMNS = {
    "a": generator.standard_normal(20),
    "site": np.array(["n", "s", "w", "s"] * 5),
    "year": np.array([2020, 2021] * 10),
}
y = COLUMNS["a"] + generator.standard_normal(20)


@pytest.mark.parametrize("library", [pandas, polars], ids=["pandas", "polars"])
def test_groups_are_columns_of_the_training_rows(library):
    frame = library.DataFrame(COLUMNS)
    pipeline = make_pipeline(make_column_transformer((StandardScaler(), ["a"])), Ridge())
    attributor = NewtonStep(pipeline).fit(frame, y)
    named = attributor.attribute(frame[:5], y[:5], train_groups="site")
    assert named.names.tolist() == ["n", "s", "w"]
    given = attributor.attribute(frame[:5], y[:5], train_groups=COLUMNS["site"])
    np.testing.assert_array_equal(named.values, given.values)
    both = attributor.attribute(frame[:5], y[:5], train_groups=["site", "year"])
    assert both.names.tolist() == ["n, 2020", "s, 2021", "w, 2020"]
    batch = attributor.removals(None, frame[:5], y[:5], train_groups="site")
    np.testing.assert_array_equal(batch.target_change, given.values)
    shared = NewtonStep.from_fitted(attributor).attribute(frame[:5], y[:5], train_groups="site")
    np.testing.assert_array_equal(shared.values, named.values)


def test_names_without_a_table_and_missing_labels_are_refused():
    X = COLUMNS["a"][:, None]
    attributor = NewtonStep(Ridge()).fit(X, y)
    with pytest.raises(ValueError, match=r"train_groups names \['site'\]; X is NoneType without column names"):
        attributor.attribute(X, y, train_groups="site")
    with pytest.raises(ValueError, match=r"train_groups has no label in 5 of 20 rows, the first in row 2 \(None\)"):
        attributor.removals(None, train_groups=["a", "b", None, "b"] * 5)
