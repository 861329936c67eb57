"""Part three: effect of deleting harmful rows on accuracy, fairness and robustness, on test rows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

from ...displays import TrimmingDisplay
from ...targets import AdversarialLoss, DemographicParity
from ...trimming import DataTrimmer, ValidationSet, trimming_curves

__all__ = ["trim_three_times"]

BUDGETS = (0.0, 0.02, 0.05, 0.1, 0.15)
PRINTED = 2  # position in BUDGETS of the one in the text
N_SPLITS = 10
SHARE_FLIPPED = 0.1
#: the attack moves a row just beyond the boundary of the untrimmed model
GAMMA = 1.05


@dataclass(frozen=True)
class Split:
    """Training rows to trim, validation rows to choose them by, test rows to measure the effect."""

    X: Any
    y: Any
    X_val: Any
    y_val: Any
    X_test: Any
    y_test: Any

    @classmethod
    def draw(cls, X, y, seed, shares=(0.5, 0.7)):
        """A random split; columns are scaled by the training rows."""
        order = np.random.RandomState(seed).permutation(len(y))
        parts = np.split(order, [int(share * len(y)) for share in shares])
        scale = StandardScaler().fit(X[parts[0]])
        return cls(*(array for part in parts for array in (scale.transform(X[part]), y[part])))

    def curves(self, trimmer, metrics, y=None, **val):
        """Metrics on the test rows after each budget, trimmed and at random."""
        validation = ValidationSet(self.X_val, self.y_val, **val)
        return trimming_curves(
            trimmer,
            self.X,
            self.y if y is None else y,
            self.X_test,
            self.y_test,
            budgets=BUDGETS,
            metrics=metrics,
            n_random=3,
            random_state=0,
            X_val=validation,
        )


def score(estimator, X, y):
    """Accuracy or R2."""
    return estimator.score(X, y)


def for_accuracy(seed):
    """A tenth of the training labels is flipped; the validation labels are correct."""
    split = Split.draw(*load_breast_cancer(return_X_y=True), seed)
    rows = np.random.RandomState(seed).choice(len(split.y), int(SHARE_FLIPPED * len(split.y)), replace=False)
    y = split.y.copy()
    y[rows] = 1 - y[rows]
    return split.curves(DataTrimmer(_classifier(), target="loss"), {"accuracy": score}, y)


def for_fairness(seed):
    """Predicted progression of diabetes by a model that does not see the sex column."""
    X, y = load_diabetes(return_X_y=True)
    sex = X[:, 1] > 0
    split = Split.draw(np.column_stack([np.delete(X, 1, axis=1), sex]), y, seed)
    male = split.X_val[:, -1] > 0, split.X_test[:, -1] > 0
    blind = Split(*(part[:, :-1] if part.ndim == 2 else part for part in vars(split).values()))

    def gap(estimator, X, y):
        predicted = estimator.predict(X)
        return abs(predicted[male[1]].mean() - predicted[~male[1]].mean())

    trimmer = DataTrimmer(Ridge(), target=DemographicParity())
    return blind.curves(trimmer, {"gap": gap, "R2": score}, sensitive_features=male[0])


def for_robustness(seed):
    """Test rows that were moved across the boundary of the untrimmed model, once."""
    split = Split.draw(*load_breast_cancer(return_X_y=True), seed)
    model = _classifier().fit(split.X, split.y)
    step = GAMMA * model.decision_function(split.X_test) / np.sum(model.coef_**2)
    attacked = split.X_test - step[:, None] * model.coef_
    metrics = {"attacked": lambda estimator, X, y: estimator.score(attacked, y), "accuracy": score}
    return split.curves(DataTrimmer(_classifier(), target=AdversarialLoss(GAMMA)), metrics)


def _classifier():
    return LogisticRegression(C=0.1, max_iter=1000)


#: title of a panel: the function that makes its curves; the first metric is drawn
TRIALS = {
    "accuracy with 10 % flipped labels": for_accuracy,
    "gap between the sexes": for_fairness,
    "accuracy under a fixed attack": for_robustness,
}


def trim_three_times(progress, seed):
    """Average the curves of each trial over random splits."""
    with progress.step(f"trimming on {N_SPLITS} random splits"):
        jobs = [(name, seed + k) for name in TRIALS for k in range(N_SPLITS)]
        found = {name: [] for name in TRIALS}
        for name, split in progress.over(jobs):
            found[name].append(TRIALS[name](split))
    means = {name: {kind: _mean(curves, kind) for kind in ("metrics", "random")} for name, curves in found.items()}
    first = {name: next(iter(curves["metrics"])) for name, curves in means.items()}
    display = TrimmingDisplay.from_curves(
        BUDGETS,
        {name: means[name]["metrics"][first[name]] for name in TRIALS},
        {name: means[name]["random"][first[name]] for name in TRIALS},
    )
    return _lines(*(means[name] for name in TRIALS)), display


def _mean(curves, kind):
    return {name: np.mean([each[kind][name] for each in curves], axis=0) for name in curves[0][kind]}


def _lines(accuracy, fairness, robustness):
    return [
        f"3  DOES DELETING HARMFUL ROWS IMPROVE THE MODEL?  (at most {BUDGETS[PRINTED]:.0%} of the training rows)",
        "   Rows are chosen by a validation set, and the effect is measured on a test set.",
        f"   Means of {N_SPLITS} random splits; [in brackets: as many rows deleted at random].",
        f"   Accuracy. Breast cancer, {SHARE_FLIPPED:.0%} of the training labels flipped, validation labels correct:",
        f"     test accuracy                 {_change(accuracy, 'accuracy', '.1%')}",
        "   Fairness. Progression of diabetes, by a ridge regression that does not see the sex column:",
        f"     gap of mean predictions       {_change(fairness, 'gap', '.1f')}",
        f"     at the cost of: R2            {_change(fairness, 'R2', '.2f')}",
        "   Robustness. Breast cancer, test rows moved just across the boundary of the untrimmed model:",
        f"     accuracy on the moved rows    {_change(robustness, 'attacked', '.1%')}",
        f"     at the cost of: clean accuracy{_change(robustness, 'accuracy', '.1%')}",
        "     (an attacker who sees the trimmed model can move the rows anew)",
    ]


def _change(means, name, style):
    values, at_random = means["metrics"][name], means["random"][name].mean(axis=0)
    return f"{values[0]:{style}} -> {values[PRINTED]:{style}} [{at_random[PRINTED]:{style}}]"
