"""Real data for the trimming benchmark: what scikit-learn ships, and CSV files where they are present."""

import os
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, StandardScaler

#: largest number of rows taken of a set, for training and test together
MOST_ROWS = 2400
COMPAS = [
    "sex",
    "age",
    "race",
    "juv_fel_count",
    "juv_misd_count",
    "juv_other_count",
    "priors_count",
    "c_charge_degree",
]
COMPAS_LABEL = "two_year_recid"


def data_folder():
    """The environment variable SKINFLUENCE_DATA, or ``shared/data`` beside the repository."""
    beside = Path(__file__).parent.parent.parent / "shared" / "data"
    return Path(os.environ.get("SKINFLUENCE_DATA", beside))


def data_sets():
    """Name to (X, y) with X numeric or CSR, and the names of the sets that are absent."""
    found = {
        "breast cancer": load_breast_cancer(return_X_y=True),
        "digits >= 5": _digits(),
        "wine": load_wine(return_X_y=True),
        "diabetes": load_diabetes(return_X_y=True),
    }
    absent = []
    for name, read in _FILES.items():
        try:
            found[name] = _sample(*read(data_folder()))
        except (OSError, ImportError):
            absent.append(name)
    return found, absent


def model(name, X):
    """Logistic regression (ridge for the regressions) behind a scaler."""
    scaler = StandardScaler() if isinstance(X, np.ndarray) else MaxAbsScaler()
    return make_pipeline(scaler, Ridge() if name in REGRESSIONS else LogisticRegression(max_iter=1000))


REGRESSIONS = ("diabetes", "california housing")


def _digits():
    X, y = load_digits(return_X_y=True)
    return X, (y >= 5).astype(int)


def _csv(path, label, columns=None, positive=None):
    import pandas as pd

    frame = pd.read_csv(path)
    y = frame.pop(label)
    frame = frame if columns is None else frame[columns]
    X = pd.get_dummies(frame.dropna(axis=1), dtype=float).to_numpy()
    return X, (y if positive is None else y == positive).to_numpy().astype(float if positive is None else int)


def _sms(folder):
    import pandas as pd

    frame = pd.read_csv(folder / "sms_spam" / "sms_spam.csv.gz")
    X = TfidfVectorizer(max_features=500).fit_transform(frame["text"])
    return X, (frame["label"] == "spam").to_numpy().astype(int)


def _sample(X, y):
    rows = np.random.RandomState(0).permutation(len(y))[:MOST_ROWS]
    X = X[rows]
    varies = np.ptp(X, axis=0) > 0 if isinstance(X, np.ndarray) else slice(None)
    return X[:, varies], y[rows]


_FILES = {
    "adult": lambda folder: _csv(folder / "adult" / "adult_train.csv.gz", "income", positive=">50K"),
    "german": lambda folder: _csv(folder / "german" / "german_credit.csv.gz", "credit", positive=1),
    "compas": lambda folder: _csv(
        folder / "compas" / "compas_two_years.csv.gz", COMPAS_LABEL, columns=COMPAS, positive=1
    ),
    "retinopathy": lambda folder: _csv(
        folder / "diabetic_retinopathy" / "messidor_features.csv.gz", "label", positive=1
    ),
    "sms spam": _sms,
    "california housing": lambda folder: _csv(
        folder / "california_housing" / "california_housing.csv.gz", "median_house_value"
    ),
}
