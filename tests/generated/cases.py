"""A case: an estimator, its training rows and a question, drawn from one integer."""

import warnings

import numpy as np

from generated.data import draw_rows
from generated.models import draw_estimator
from generated.questions import draw_question

__all__ = ["Case"]


class Case:
    """All that one integer draws.

    Parameters
    ----------
    seed : int
        The same seed draws the same case.
    """

    def __init__(self, seed):
        self.seed = seed
        rng = np.random.default_rng(seed)
        self.task, whole, self.estimator = draw_estimator(rng)
        # most cases of odd tables and labels end in a refusal: three in four have none
        sane = rng.random() < 0.75
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.rows = draw_rows(rng, self.task, whole, sane)
            self.prefit = bool(rng.random() < 0.5)
            self.question = draw_question(rng, self.rows)
        self.compared = rng.permutation(len(self.rows.X))[:3]

    def __repr__(self):
        fitted = "fitted" if self.prefit else "unfitted"
        estimator = " ".join(repr(self.estimator).split())
        return (
            f"Case({self.seed})  # run it: cd tests && python -m generated {self.seed}\n"
            f"  {fitted} {estimator}\n  on {self.rows!r}\n  asked: {self.question!r}"
        )
