"""The tumour data and the model of the first two parts, fitted once."""

from functools import cache

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ...attributors import RescaledInfluence

__all__ = ["make_model", "tumours"]

SHARE_HELD_OUT = 0.4


def make_model():
    """A logistic regression on scaled columns, with a tight tolerance, so that refits can be compared."""
    return make_pipeline(StandardScaler(), LogisticRegression(C=0.1, tol=1e-10, max_iter=10_000))


class Tumours:
    """569 tumours, 30 measurements each: training rows, held-out rows, a model and its attributor."""

    def __init__(self, seed):
        data = load_breast_cancer()
        self.feature_names, self.classes = data.feature_names, data.target_names
        parts = train_test_split(
            data.data, data.target, test_size=SHARE_HELD_OUT, stratify=data.target, random_state=seed
        )
        self.X, self.X_test, self.y, self.y_test = parts
        self.model = make_model().fit(self.X, self.y)
        self.attributor = RescaledInfluence(self.model, evaluation="moved").fit(self.X, self.y)
        self.influence = self.attributor.attribute(self.X_test, self.y_test)

    def refit_effects(self, rows):
        """Change of the held-out loss when each row is deleted, by refitting; yields one number for each row."""
        features, test = self.model[0].transform(self.X), self.model[0].transform(self.X_test)
        before = self._loss(self.model[-1], test)
        for row in rows:
            rest = np.delete(np.arange(len(self.y)), row)
            yield self._loss(make_model()[-1].fit(features[rest], self.y[rest]), test) - before

    def _loss(self, classifier, features):
        return -classifier.predict_log_proba(features)[np.arange(len(self.y_test)), self.y_test].sum()


tumours = cache(Tumours)
