"""Labels in every form in which they are handed in: objects, bytes, nullable ones, one column as a table, several."""

import warnings

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import (
    GammaRegressor,
    HuberRegressor,
    LogisticRegression,
    PoissonRegressor,
    Ridge,
    SGDRegressor,
    TweedieRegressor,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.svm import SVC, SVR, LinearSVR
from sklearn.tree import DecisionTreeClassifier

from skinfluence import DataTrimmer, InfluenceTree, LeaveOneOut, NewtonStep, RescaledInfluence, smallest_flip, supports
from skinfluence.adapters import are_classes
from skinfluence.cli.models import choose_model

generator = np.random.default_rng(0)
X = generator.standard_normal((40, 2))
NUMBERS = np.exp(X[:, 0] + generator.standard_normal(40) / 2)
CODES = (NUMBERS > 1).astype(int)
WORDS = np.array(["b", "m"])[CODES]


def forms():
    """The same two classes, sorted alike."""
    found = {
        "objects": WORDS.astype(object),
        "list": WORDS.tolist(),
        "bytes": WORDS.astype("S"),
        "bytes as objects": WORDS.astype("S").astype(object),
        "integers as objects": CODES.astype(object),
        "booleans as objects": (CODES > 0).astype(object),
        "column": WORDS[:, None],
    }
    try:
        import pandas
    except ImportError:
        return found
    return found | {
        "string": pandas.Series(WORDS, dtype="string"),
        "category": pandas.Series(WORDS, dtype="category"),
        "Int64": pandas.Series(CODES, dtype="Int64"),
        "boolean": pandas.Series(CODES > 0, dtype="boolean"),
    }


FORMS = forms()
every_form = pytest.mark.parametrize("form", FORMS)


@every_form
@pytest.mark.parametrize(
    "method",
    [
        RescaledInfluence(),
        LeaveOneOut(LogisticRegression(), method="refit"),
        LeaveOneOut(GaussianNB()),
        LeaveOneOut(SVC(), target="margin"),
        LeaveOneOut(KNeighborsClassifier()),
    ],
    ids=lambda method: f"{type(method).__name__} {method.estimator}",
)
@pytest.mark.filterwarnings("ignore:A column-vector y was passed")
def test_methods_give_the_answer_of_plain_strings(method, form):
    expected = method.fit(X, WORDS).attribute(X[:9], WORDS[:9]).values
    actual = method.fit(X, FORMS[form]).attribute(X[:9], FORMS[form][:9]).values
    np.testing.assert_array_equal(actual, expected)


@every_form
@pytest.mark.filterwarnings("ignore:A column-vector y was passed")
def test_searches_trimmers_and_trees_give_the_answer_of_plain_strings(form):
    y = FORMS[form]
    flip, expected = (smallest_flip(RescaledInfluence().fit(X, labels), "class", X[[0]]) for labels in (y, WORDS))
    np.testing.assert_array_equal(flip.indices, expected.indices)
    trimmers = [DataTrimmer(budget=3, random_state=0).fit(X, labels) for labels in (y, WORDS)]
    np.testing.assert_array_equal(trimmers[0].trimmed_indices_, trimmers[1].trimmed_indices_)
    kept = DataTrimmer(budget=3, random_state=0).fit_resample(X, y)[1]
    assert len(kept) == 37
    assert type(kept) is type(y)
    if form != "column":
        trees = [InfluenceTree(max_leaf_nodes=3).fit(X, X[:, 0], labels=labels) for labels in (y, WORDS)]
        assert len(trees[0].regions()) == len(trees[1].regions())


REGRESSORS = [
    Ridge(),
    KNeighborsRegressor(),
    SVR(),
    LinearSVR(loss="squared_epsilon_insensitive", dual=False),
    SGDRegressor(random_state=0, max_iter=5000, tol=1e-7),
    PoissonRegressor(),
    GammaRegressor(),
    TweedieRegressor(power=1.5),
    HuberRegressor(),
]


@pytest.mark.parametrize("model", REGRESSORS, ids=lambda model: type(model).__name__)
@pytest.mark.filterwarnings("ignore:A column-vector y was passed")
def test_a_column_of_numbers_is_what_it_is_flat(model):
    exact = NewtonStep if supports(model, NewtonStep)[0] else LeaveOneOut
    for method in (exact(model), LeaveOneOut(model, method="refit")):
        flat, column = method.fit(X, NUMBERS), NUMBERS[:, None]
        values = [flat.attribute(X[:5], NUMBERS[:5]).values, flat.attribute(X[:5], NUMBERS[:5], aggregate=False).values]
        fitted = method.fit(X, column)
        # solvers add in another order for another layout of y, and stop within their tolerance
        given = {"atol": 1e-6 * np.abs(values[1]).max()}
        np.testing.assert_allclose(fitted.attribute(X[:5], column[:5]).values, values[0], **given)
        np.testing.assert_allclose(fitted.attribute(X[:5], column[:5], aggregate=False).values, values[1], **given)
    trimmers = [DataTrimmer(model, budget=3, target="self_influence").fit(X, y) for y in (column, NUMBERS)]
    np.testing.assert_array_equal(trimmers[0].trimmed_indices_, trimmers[1].trimmed_indices_)


def test_a_column_of_classes_warns_as_scikit_learn_does():
    with pytest.warns(UserWarning, match="A column-vector y was passed"):
        RescaledInfluence(LogisticRegression()).fit(X, CODES[:, None])


def test_several_columns_are_refitted_or_refused():
    Y = np.c_[NUMBERS, X[:, 1]]
    forest = LeaveOneOut(RandomForestRegressor(2, max_depth=2, random_state=0), method="refit")
    assert forest.fit(X, Y).attribute(X[:5], Y[:5], aggregate=False).shape == (40, 5)
    labels = np.c_[CODES, X[:, 1] > 0].astype(int)
    tree = LeaveOneOut(DecisionTreeClassifier(max_depth=2), method="refit")
    with pytest.raises(ValueError, match="y has 2 columns of class labels.*attributor, for each column"):
        tree.fit(X, labels).attribute(X[:5], labels[:5])


@pytest.mark.parametrize(
    ("y", "classes"),
    [
        (["b", "a", "b", "c"], True),
        ([True, False, True], True),
        ([0.0, 1.0, 0.0], True),
        (np.arange(10), True),
        (np.arange(11), False),
        ([0.0, 1.0, 2.0], False),
        ([0.5, 1.5, 2.5], False),
        (np.array([3, 1, 2], dtype=object), True),
        (np.arange(8.0).reshape(4, 2), False),
    ],
)
def test_one_rule_says_what_classes_are(y, classes):
    assert are_classes(y) is classes
    if np.ndim(y) == 1:
        assert choose_model("auto", np.asarray(y), "y") == ("logistic" if classes else "ridge")
        rows = np.arange(len(y))[:, None]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = RescaledInfluence().fit(rows, y).estimator_
            trimmed = DataTrimmer(budget=0).fit(rows, y, X_val=rows, y_val=y).estimator_
        assert type(model) is type(trimmed) is (LogisticRegression if classes else Ridge)


def test_categories_of_numbers_are_classes():
    pandas = pytest.importorskip("pandas", reason="categories")
    assert are_classes(pandas.Series(np.arange(30.0), dtype="category"))
