"""METABRIC and SUPPORT, as in the paper on versatile influence: relative risks of test patients without a training row.

The paper has 0.997 and 0.943 against brute force that had not converged; here the truth is exact.
"""

import os
from pathlib import Path

import numpy as np
import pytest

from skinfluence import LeaveOneOut, VersatileInfluence

pd = pytest.importorskip("pandas")
lifelines = pytest.importorskip("lifelines")

DATA = Path(os.environ.get("SKINFLUENCE_DATA", Path(__file__).parents[3] / "shared" / "data"))
STUDIES = [("metabric", 0.9995), pytest.param("support", 0.999, marks=pytest.mark.slow)]


@pytest.mark.parametrize(("study", "least"), STUDIES)
def test_versatile_influence_follows_the_exact_relative_risks(study, least):
    file = DATA / study / f"{study}.csv.gz"
    if not file.exists():
        pytest.skip(f"{file.name} is not here; set SKINFLUENCE_DATA to the folder of the data sets")
    table = pd.read_csv(file)
    train, test = (table[table["split"] == part].drop(columns="split") for part in ("train", "test"))
    cox = lifelines.CoxPHFitter().fit(train, "duration", "event")
    predicted, exact = (
        cls(cox, target="relative_risk").fit(train).attribute(test[:100], aggregate=False).values
        for cls in (VersatileInfluence, LeaveOneOut)
    )
    correlations = [np.corrcoef(one, other)[0, 1] for one, other in zip(predicted.T, exact.T, strict=True)]
    assert np.mean(correlations) >= least
