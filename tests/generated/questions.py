"""Methods, targets and evaluation rows, drawn from a generator."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from generated.containers import table_in
from generated.draws import choose
from skinfluence import (
    DFBETAS,
    CooksDistance,
    InfluenceFunctions,
    InfluenceSketch,
    LeaveOneOut,
    Leverage,
    NewtonStep,
    RelativeInfluence,
    RenormalizedInfluence,
    RescaledInfluence,
    SecondOrderInfluence,
    VersatileInfluence,
    most_influential_subset,
    smallest_flip,
)
from skinfluence.targets import Parameter
from skinfluence.testing.evaluation_calls import takes_questions

__all__ = ["Question", "draw_question"]

METHODS = {
    (LeaveOneOut, ()): 24,
    (LeaveOneOut, (("method", "refit"),)): 2,
    (LeaveOneOut, (("method", "auto"),)): 2,
    (LeaveOneOut, (("evaluation", "linear"),)): 0.5,
    (NewtonStep, ()): 2,
    (NewtonStep, (("n_steps", None),)): 1,
    (InfluenceFunctions, ()): 3,
    (InfluenceFunctions, (("damping", 0.1),)): 0.3,
    (RescaledInfluence, ()): 3,
    (RescaledInfluence, (("evaluation", "moved"),)): 0.5,
    (SecondOrderInfluence, ()): 1,
    (InfluenceSketch, ()): 0.5,
    (RelativeInfluence, ()): 0.5,
    (RenormalizedInfluence, ()): 0.5,
    (VersatileInfluence, ()): 0.5,
    (CooksDistance, ()): 0.7,
    (Leverage, ()): 0.7,
    (DFBETAS, ()): 0.7,
}
CLASSIFYING = {
    "loss": 6,
    "class_probability": 3,
    "log_loss": 1,
    "margin": 2,
    "accuracy": 0.5,
    "roc_auc": 0.3,
    "demographic_parity": 0.5,
    "equalized_odds": 0.3,
    "worst_group_loss": 0.3,
    "fgsm_loss": 0.3,
}
REGRESSING = {
    "loss": 5,
    "prediction": 5,
    "r2": 0.5,
    "neg_mean_absolute_error": 0.3,
    "demographic_parity": 0.3,
    "worst_group_loss": 0.3,
    "adversarial_loss": 0.3,
}
OF_ALL = {"parameter": 2, "self_influence": 1, "partial_likelihood": 0.1, "class_probability": 0.1, "prediction": 0.1}
EVALUATED = {
    "training rows": 10,
    "other rows": 4,
    "one row": 1,
    "no rows": 0.2,
    "one column more": 0.2,
    "missing": 0.2,
    "unknown label": 0.2,
    "no labels": 0.2,
    "one label short": 0.2,
    "far rows": 0.5,
}
ASKED = {"attribute": 12, "score": 0.5, "removals": 1, "most influential": 0.5, "flip": 0.5}


@dataclass(eq=False)
class Question:
    """What is asked of a method."""

    method: type
    settings: dict
    target: Any
    evaluated: str
    X: Any
    y: Any
    options: dict = field(default_factory=dict)
    asked: str = "attribute"

    def __repr__(self):
        settings = ", ".join(f"{name}={value!r}" for name, value in self.settings.items())
        options = {name: value.tolist() if hasattr(value, "tolist") else value for name, value in self.options.items()}
        return (
            f"{self.asked} of {self.method.__name__}({settings}) for {self.target!r} on {self.evaluated!r}, {options}"
        )

    @property
    def exact(self):
        """Whether the method says what a refit would give."""
        return self.method is LeaveOneOut and self.settings.get("evaluation") != "linear"

    def attributor(self, estimator):
        """The method, not yet fitted."""
        return self.method(estimator, **self.settings)

    def answer(self, fitted):
        """What comes back: values, or an object that holds some."""
        if not takes_questions(fitted):
            return fitted.attribute()
        if self.asked == "attribute":
            return fitted.attribute(self.X, self.y, target=self.target, **self.options)
        if self.asked == "score":
            return fitted.fidelity_report(self.X, self.y, target=self.target, n_removals=4)
        sets = [[0], list(range(min(2, fitted.model_.n_rows)))]
        if self.asked == "removals":
            return fitted.removals(sets, self.X, self.y, target=self.target)
        if self.asked == "most influential":
            return most_influential_subset(fitted, 2, self.X, self.y, target=self.target)
        return smallest_flip(fitted, "sign", parameter=0)


def draw_question(rng, rows):
    """A question to a model of some training rows."""
    method, settings = choose(rng, METHODS)
    classifying = rows.task in ("two", "classes")
    name = choose(rng, OF_ALL | (CLASSIFYING if classifying else REGRESSING))
    evaluated = choose(rng, EVALUATED)
    target = Parameter(int(rng.integers(-1, 3))) if name == "parameter" else name
    X, y = _evaluation_rows(rng, rows, evaluated)
    if name in ("parameter", "self_influence"):
        X = y = None
    options = {} if X is None else _options(rng, rows, name, len(y) if y is not None else 0)
    if name != "self_influence" and rng.random() < 0.1:
        options["train_groups"] = rng.integers(0, 3, size=len(rows.X))
    return Question(method, dict(settings), target, evaluated, X, y, options, choose(rng, ASKED))


def _evaluation_rows(rng, rows, evaluated):
    count = 1 if evaluated == "one row" else 5
    at = rng.permutation(len(rows.X))[: 0 if evaluated == "no rows" else count]
    X, y = rows.X[at].copy(), _taken(rows.y, at)
    if evaluated == "other rows":
        X = np.array([rng.permuted(column) for column in X.T]).T.reshape(X.shape)
    if evaluated == "far rows":
        X = 100 * X
    if evaluated == "one column more":
        X = np.column_stack([X, np.ones(len(X))])
    if evaluated == "missing" and X.size:
        X[0, 0] = np.nan
    if evaluated == "unknown label":
        y = np.array(["unheard of"] * len(at))
    if evaluated == "no labels":
        y = None
    if evaluated == "one label short":
        y = y[1:]
    return table_in(rows.container, X), y


def _taken(y, at):
    """Labels at some positions, in the form in which they came."""
    if isinstance(y, list):
        return [y[i] for i in at if i < len(y)]
    at = at[at < len(y)]
    return y.iloc[at] if hasattr(y, "iloc") else y[at]


def _options(rng, rows, name, length):
    options = {}
    if "demographic" in name or "equalized" in name or "worst" in name or rng.random() < 0.03:
        options["sensitive_features"] = np.array(["a", "b"])[np.arange(length) % 2]
    if rng.random() < 0.15:
        options["aggregate"] = False
        if rng.random() < 0.4:
            options["top_k"] = int(rng.integers(1, 4))
    if rng.random() < 0.1:
        options["sample_weight"] = rng.uniform(0.0, 2.0, size=length)
    return options
