"""States and structures: the two nouns that every family of models shares.

A *state* is anything with raw predictions: a fitted model, a model at other parameters, or G models without G sets of
rows side by side. A *structure* is a state that knows what is left of it without some training rows.
"""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np

__all__ = ["State", "Structure"]


@runtime_checkable
class State(Protocol):
    """A model, or G versions of it side by side, that can be asked for raw predictions.

    States of models with parameters also have ``theta``, (P,) or (P, G), and ``problem``, the objective that they are
    parameters of.
    """

    def raw(self, features: Any) -> np.ndarray:
        """Raw predictions of evaluation rows, as the final estimator takes them.

        Parameters
        ----------
        features : ndarray or CSR matrix of shape (m, p)

        Returns
        -------
        ndarray of shape (m, K), or (m, K, G) for G versions
        """
        ...


@runtime_checkable
class Structure(State, Protocol):
    """A state that knows its training rows.

    Structures with ``theta`` have ``changes(sets) -> (P, G)``, what is left of it less all of it.

    Structures may also have ``pull(question) -> (n, a)``, minus the derivative of the question's a answers in the
    weight of each row, times that weight; and ``feasible(sets) -> (G,) of bool`` where other deletions have an answer
    than those after which the estimator can be fitted again.
    """

    def without(self, sets: Sequence[np.ndarray]) -> State:
        """What is left after each of G joint deletions.

        Parameters
        ----------
        sets : sequence of ndarray of int
            Positions of the deleted training rows.

        Returns
        -------
        State
            With raw predictions of shape (m, K, G).
        """
        ...
