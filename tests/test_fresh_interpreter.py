"""What only a process that has imported nothing yet can show; one for all of it, as imports take seconds."""

import json
import subprocess
import sys

import pytest
from test_architecture import OPTIONAL

# scikit-learn itself imports pandas where it finds it
PROGRAM = """
import json, sys, sklearn.base
asked = set()
class Absent:
    def find_spec(name, path=None, target=None):
        if name in OPTIONAL:
            asked.add(name)
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent)
import skinfluence, skinfluence.cli.models, skinfluence.displays, skinfluence.influence_tree
from skinfluence.trimming import DataTrimmer
sys.meta_path.remove(Absent)
found = {"asked": sorted(asked), "imported": [name for name in OPTIONAL if name in sys.modules]}
try:
    from imblearn.pipeline import make_pipeline
except ImportError:
    pass
else:
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    sklearn.set_config(enable_metadata_routing=True)
    X, y = np.random.RandomState(0).normal(size=(60, 2)), np.arange(60) % 2
    trimmer = DataTrimmer(LogisticRegression(), target="loss", budget=5)
    made = make_pipeline(trimmer, LogisticRegression()).fit(X, y, X_val=X[:20], y_val=y[:20])
    found["target"] = made[0].influence_.target
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found():
    program = PROGRAM.replace("OPTIONAL", repr(sorted(OPTIONAL)))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_package_imports_without_any_optional_package_and_tries_none(found):
    assert not set(found["asked"]) & {"lifelines", "matplotlib", "sksurv"}


def test_package_is_imported_before_imblearn(found):
    assert "imblearn" not in found["asked"] + found["imported"]


def test_routing_to_fit_resample_works_in_either_import_order(found):
    """imblearn makes fit_resample routable when it is imported, which may be after this package."""
    pytest.importorskip("imblearn")
    assert found["target"] == "Loss()"
