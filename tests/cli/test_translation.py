"""Errors and notes of the library arrive in words of the command line: columns, files, options."""

import re

import numpy as np
import pytest
from fair import one_in

from skinfluence.cli import main
from skinfluence.cli.models import MODELS
from skinfluence.cli.question import NOT_OFFERED
from skinfluence.cli.translation import in_options
from skinfluence.targets import target_names

pandas = pytest.importorskip("pandas", reason="the command line reads tables with pandas: skinfluence[cli]")

#: words of Python that no message of the command line may have
PYTHON = re.compile(
    r"X_val|y_val|\bcv\b|pos_label|sensitive_features|sample_weight|group_names|evaluation=|(?<!--set )solver=|method=|"
    r"LeaveOneOut|LogisticRegression|HuberRegressor|RescaledInfluence|the target '|strategy="
)
#: roles of the columns: (target, columns that are no features)
YES_NO = "--target y --drop three --drop number"
THREE = "--target three --drop y --drop number"
NUMBER = "--target number --drop y --drop three"
#: command line: what its error or note says
MESSAGES = {
    f"attribute t.csv {THREE} --sensitive sex --objective demographic_parity": "--objective demographic_parity needs a "
    "--target with two classes, but 'three' has 3 ('p', 'q', 'r'); name one with --positive, "
    "merge classes in the file, or use worst_group_loss",
    f"trim t.csv {NUMBER} --sensitive sex --objective equalized_odds": "--objective equalized_odds needs a --target "
    "with classes, but --model ridge predicts the numbers in 'number'; use demographic_parity",
    f"attribute t.csv {YES_NO} --objective prediction": "--objective prediction needs a --target with numbers, but "
    "--model logistic predicts the classes in 'y'; use class_probability or margin",
    f"attribute t.csv {YES_NO} --objective z_value": "no objective 'z_value'",
    f"attribute t.csv {YES_NO} --model svm --objective log_loss": "the objective 'log_loss' needs class probabilities, "
    "which --model logistic has",
    f"trim rare.csv {YES_NO} --sensitive sex --objective demographic_parity": "all evaluation rows are of the "
    "--sensitive group 'f'; two groups are needed (among the rows held out in cross-validation; give rows to measure "
    "on with --validation)",
    f"trim t.csv {YES_NO} --drop sex --validation far.csv": "2 of 2 columns of the --validation file lie "
    "far from those of the training file",
    f"trim few.csv {YES_NO} --budget 10 --strategy iterative": "only rows of class",
    f"attribute t.csv {YES_NO} --set C=-1": "--set C=-1 is not possible: C must be a float in the range (0.0, inf]",
    f"attribute t.csv {YES_NO} --set max_iter=1": "; allow more iterations, e.g. --set max_iter=10000",
    f"attribute t.csv {YES_NO} --model svm --set loss=hinge": "--model svm is not supported with these settings: "
    "--set loss=hinge has no second derivative; use --set loss=squared_hinge",
    f"attribute t.csv {NUMBER} --model huber --set epsilon=1.0001": "use a larger --set alpha, or --model ridge",
    f"attribute t.csv {YES_NO} --model knn --method rescaled": "--method rescaled needs the optimum of a smooth "
    "objective, which --model knn does not have; use --method loo",
    f"attribute t.csv {YES_NO} --model kernel-svm --method rescaled": "which --model kernel-svm does not have; use "
    "--method influence or --method loo",
    f"attribute positive.csv {NUMBER} --model knn-mean --weight a": "--model knn-mean takes no weights; leave "
    "out --weight",
    f"attribute t.csv {YES_NO} --model knn --set metric=precomputed": "--set metric=precomputed is for distances "
    "between rows, and a table has columns; leave it out",
    f"attribute t.csv {YES_NO} --model kernel-svm --set kernel=sigmoid": "--set kernel=sigmoid is not positive "
    "semi-definite, so that the fit is no unique optimum; use 'rbf' or 'poly'\n",
    f"attribute t.csv {YES_NO} --model lda --set shrinkage=0.1": "--set shrinkage=0.1 needs --set solver=lsqr",
    f"trim t.csv {YES_NO} --seed -1": "--seed must be a whole number between 0 and",
}


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """90 rows with two numbers and a group, and labels of three kinds."""
    rng, n = np.random.RandomState(0), 90
    frame = pandas.DataFrame({"a": rng.randn(n), "b": rng.randn(n), "sex": rng.choice(["f", "m"], n)})
    frame["y"] = np.where(frame.a + rng.randn(n) > 0, "yes", "no")
    frame["three"], frame["number"] = rng.choice(["p", "q", "r"], n), 2 * frame.a + rng.randn(n)
    folder = tmp_path_factory.mktemp("tables")
    frame.to_csv(folder / "t.csv", index=False)
    frame.assign(sex=["f"] * 88 + ["m"] * 2).to_csv(folder / "rare.csv", index=False)
    frame.assign(a=1 + frame.a**2).to_csv(folder / "positive.csv", index=False)
    frame[:12].to_csv(folder / "few.csv", index=False)
    frame.assign(a=1e4 + frame.a, b=1e4 - frame.b).to_csv(folder / "far.csv", index=False)
    return folder


@pytest.fixture
def call(tables, capsys, monkeypatch):
    """Run a command in the folder of the tables; returns its status and what it wrote on standard error."""
    monkeypatch.chdir(tables)

    def run(line):
        status = main([*line.split(), "--quiet"])
        return status, capsys.readouterr().err

    return run


@pytest.mark.parametrize("line", MESSAGES)
def test_message_of_the_library_is_translated(call, line):
    _, err = call(line)
    assert MESSAGES[line] in err
    assert not PYTHON.search(err)


OBJECTIVES = sorted(set(target_names()) - set(NOT_OFFERED))


@pytest.mark.parametrize(
    ("groups", "roles", "objective"),
    one_in(2, ["", " --sensitive sex --drop-sensitive"], [YES_NO, THREE, NUMBER], OBJECTIVES),
)
def test_every_objective_works_or_says_why_not_without_python(call, objective, roles, groups):
    status, err = call(f"attribute t.csv {roles} --objective {objective}{groups}")
    if status:
        assert err.startswith("skinfluence: error: --objective")
    assert not PYTHON.search(err)


def test_every_model_is_offered_a_working_way_out(call):
    for model, (_, classes, _) in MODELS.items():
        status, err = call(f"attribute t.csv {YES_NO if classes else NUMBER} --model {model}")
        assert status == 0 or f"--model {model} needs" in err


def test_translation_leaves_other_messages_alone():
    assert in_options("no file 'a.csv';\n  check the path") == "no file 'a.csv'; check the path"
