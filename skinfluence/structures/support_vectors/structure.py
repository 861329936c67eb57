"""Support vector machines without some of their rows: C sum_i s_i loss_i + |w|^2 / 2, exactly."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ...exceptions import UnsupportedEstimatorError
from ...losses import Loss
from .dual import Dual
from .fixed_support import changes_support, on_fixed_support
from .machine import Machine, Optimum
from .single_deletions import single_effects
from .versions import Versions

__all__ = ["SupportVectors"]


@dataclass(frozen=True, eq=False)
class SupportVectors:
    """A fitted SVC (one machine for each pair of classes) or SVR.

    Deletion gives the optimum of the same objective without the rows, the kernel held as fitted, in double precision.

    Parameters
    ----------
    kernel : callable
        From rows (a, p) and (b, p) to (a, b).
    X : ndarray or CSR matrix of shape (n, p)
    y : ndarray of shape (n,)
        Class codes, or float64.
    loss : Loss
    sample_weight : ndarray of shape (n,)
    cost : float
        What the estimator calls C.
    start : ndarray of shape (P, n)
        beta of each machine as the solver left it.
    n_classes : int
        0 for SVR.
    class_weight : ndarray of shape (K,) or None
        None: balanced, for the rows that stay (rows are counted, not weighed).
    """

    kernel: Any
    X: Any
    y: np.ndarray
    loss: Loss
    sample_weight: np.ndarray
    cost: float
    start: np.ndarray
    n_classes: int = 0
    class_weight: np.ndarray | None = None
    _known: dict = field(default_factory=dict, repr=False)

    @property
    def n_rows(self) -> int:
        """Number of training rows."""
        return len(self.y)

    @cached_property
    def pairs(self) -> list[tuple[int, int]]:
        """Classes (positive, negative) of each machine; those of SVR are (0, 0)."""
        if self.n_classes == 0:
            return [(0, 0)]
        if self.n_classes == 2:
            return [(1, 0)]
        return list(zip(*map(np.ndarray.tolist, np.triu_indices(self.n_classes, 1))))

    @cached_property
    def rows(self) -> list[np.ndarray]:
        """Training rows of each machine; those without weight are in none."""
        there = self.sample_weight > 0
        if self.n_classes == 0:
            return [np.flatnonzero(there)]
        return [np.flatnonzero(there & ((self.y == i) | (self.y == j))) for i, j in self.pairs]

    @cached_property
    def machines(self) -> list[Machine]:
        """The machines, each with its dual."""
        whole = self.class_weights([np.zeros(0, dtype=np.intp)])[0]
        return [
            Machine(self._dual(rows, i), self.start[k, rows], whole[[i, j]])
            for k, (rows, (i, j)) in enumerate(zip(self.rows, self.pairs))
        ]

    def _dual(self, rows, positive):
        costs, y = self.cost * self.sample_weight[rows], self.y[rows]
        if self.n_classes:
            signs, side = np.where(y == positive, 1.0, -1.0), (y != positive).astype(np.intp)
            return Dual(self.kernel, self.X[rows], np.arange(len(rows)), signs, signs, costs, side)
        owner, signs = np.tile(np.arange(len(rows)), 2), np.repeat([1.0, -1.0], len(rows))
        targets = y[owner] - self.loss.epsilon * signs
        return Dual(self.kernel, self.X[rows], owner, signs, targets, costs[owner], np.zeros_like(owner))

    def class_weights(self, sets: Sequence[np.ndarray]) -> np.ndarray:
        """Class weights without each set, (G, K): N / (K N_c) of the rows that stay where balanced."""
        if self.class_weight is not None or not self.n_classes:
            weights = np.ones(1) if self.class_weight is None else self.class_weight
            return np.tile(weights, (len(sets), 1))
        counts = self._counts(sets, np.ones(self.n_rows))
        return counts.sum(axis=1, keepdims=True) / (self.n_classes * np.maximum(counts, 1))

    def _counts(self, sets, mass):
        codes, size = (self.y if self.n_classes else np.zeros(self.n_rows, dtype=np.intp)), max(self.n_classes, 1)
        whole = np.bincount(codes, weights=mass, minlength=size)
        gone = [np.unique(rows) for rows in sets]
        return np.array([whole - np.bincount(codes[r], weights=mass[r], minlength=size) for r in gone])

    def feasible(self, sets: Sequence[np.ndarray]) -> np.ndarray:
        """Whether each class keeps a row with weight, (G,) of bool."""
        if not len(sets):
            return np.zeros(0, dtype=bool)
        return (self._counts(sets, (self.sample_weight > 0).astype(float)) > 0.5).all(axis=1)

    # ------------------------------------------------------------------ states

    def raw(self, features: Any) -> np.ndarray:
        """Decision values of the fit polished to its optimum, (m, 1) or (m, K)."""
        return self._fitted.raw(features)[:, :, 0]

    @cached_property
    def _fitted(self):
        return self._versions(
            [[machine.optimum] for machine in self.machines], [np.zeros(1, dtype=np.intp)] * len(self.rows)
        )

    def without(self, sets: Sequence[np.ndarray]) -> Versions:
        """The optima without each of G sets of rows, nan where a class is left without rows."""
        weights, feasible = self.class_weights(sets), self.feasible(sets)
        optima, index = [], []
        for k in range(len(self.machines)):
            found, places = self._of_machine(k, sets, weights, feasible)
            optima.append(found)
            index.append(places)
        return self._versions(optima, index)

    def _of_machine(self, k, sets, weights, feasible):
        """Distinct optima of one machine, and which one each set has."""
        keys = [self._key(k, rows, weights[g]) if feasible[g] else None for g, rows in enumerate(sets)]
        machine, distinct = self.machines[k], list(dict.fromkeys(keys))
        missing = [key for key in distinct if key and (k, key) not in self._known]
        missing = [key for key in missing if key != ((), tuple(machine.factors))]
        answers = machine.without([np.array(f) for _, f in missing], [np.array(r, dtype=np.intp) for r, _ in missing])
        self._known.update({(k, key): answer for key, answer in zip(missing, answers)})
        place = {key: p for p, key in enumerate(distinct)}
        nothing = Optimum(np.zeros(0, dtype=np.intp), np.zeros(0), np.nan, 0.0)
        found = [self._known.get((k, key), machine.optimum) if key else nothing for key in distinct]
        return found, np.array([place[key] for key in keys], dtype=np.intp)

    def _key(self, k, rows, weights):
        """What tells versions of a machine apart: deleted rows, none where none has a coefficient; class weights."""
        own = np.flatnonzero(np.isin(self.rows[k], rows))
        factors = tuple(weights[list(self.pairs[k])])
        machine = self.machines[k]
        optimum = machine.optimum
        if factors != tuple(machine.factors):
            key = (k, ((), factors))
            if key not in self._known:
                self._known[key] = machine.without([np.array(factors)], [np.zeros(0, dtype=np.intp)])[0]
            optimum = self._known[key]
        bounds = machine.dual.bounds(np.array(factors))[optimum.items]
        # without a free vector the intercept is the middle of an interval, whose ends any row may be
        touched = np.isin(own, machine.dual.owner[optimum.items]).any() or not (optimum.values < bounds).any()
        return (tuple(own.tolist()) if touched else (), factors)

    def _versions(self, optima, index):
        every = [machine.dual.owner for machine in self.machines]
        used = [
            rows[np.unique(o[np.concatenate([e.items for e in found])])] if found else rows[:0]
            for rows, o, found in zip(self.rows, every, optima)
        ]
        union = np.unique(np.concatenate(used)).astype(np.intp)
        coefficients = []
        for machine, rows, found in zip(self.machines, self.rows, optima):
            beta = np.zeros((len(union), len(found)))
            for column, each in enumerate(found):
                places = np.searchsorted(union, rows[machine.dual.owner[each.items]])
                np.add.at(beta[:, column], places, machine.dual.signs[each.items] * each.values)
            coefficients.append(beta)
        intercepts = tuple(np.array([each.intercept for each in found]) for found in optima)
        worst = max((each.violation for found in optima for each in found), default=0.0)
        return Versions(
            self.kernel, union, self.X[union], tuple(coefficients), intercepts, tuple(index), self.n_classes, worst
        )

    # ------------------------------------------------------------------ one step on the support set of the fit

    def one_step(self, sets: Sequence[np.ndarray]) -> Versions:
        """What is left on the support set of the fit: no vector joins, leaves or changes sides."""
        weights, feasible = self.class_weights(sets), self.feasible(sets)
        answers = []
        for machine, rows, pair in zip(self.machines, self.rows, self.pairs):
            own = [np.flatnonzero(np.isin(rows, gone)) for gone in sets]
            answers.append(on_fixed_support(machine, weights[:, list(pair)], own, feasible))
        return self._versions(answers, [np.arange(len(sets))] * len(answers))

    def pull(self, question: Any) -> np.ndarray:
        """Effects of the deletion of each row, (n, a), on the support set of the fit and along the slopes of f."""
        [machine], [rows], [pair] = self.machines, self.rows, self.pairs
        effects = np.zeros((self.n_rows, question.n_answers))
        codes = self.y if self.n_classes else np.zeros(self.n_rows, dtype=np.intp)
        ratios = self._ratios(list(pair))
        for slope in question.slopes(self):
            effects[rows] += single_effects(machine, slope, question.each, codes[rows], ratios)
        effects[~self.feasible(np.arange(self.n_rows)[:, None])] = np.nan  # type: ignore[arg-type]
        return effects

    def _ratios(self, pair):
        """Class weights after a row of each class has left, over those of the fit: (C, 2) in a machine's order."""
        first = [np.flatnonzero(self.y == code)[:1] for code in range(self.n_classes)] or [np.zeros(1, dtype=np.intp)]
        return self.class_weights(first)[:, pair] / self.class_weights([np.zeros(0, dtype=np.intp)])[:, pair]

    def check_one_step(self) -> None:
        """Refuse machines whose free vectors do not determine them, and votes, which have no slopes.

        Raises
        ------
        UnsupportedEstimatorError
        """
        name = "SVC" if self.n_classes else "SVR"
        if len(self.machines) > 1:
            raise UnsupportedEstimatorError(
                f"{name}: {self.n_classes} classes are a vote of {len(self.machines)} machines, one for each pair, and "
                "votes have no slopes; use LeaveOneOut, which is exact here"
            )
        machine = self.machines[0]
        bounds, u = machine.dual.bounds(machine.factors), machine.optimum.u(len(machine.dual.signs))
        n_free = np.sum((u > 0) & (u < bounds))
        if not n_free:
            raise UnsupportedEstimatorError(
                f"{name}: every support vector is at its bound, so that no row determines the intercept; use a larger "
                "C, or LeaveOneOut, which is exact here"
            )
        if len(machine.system.items) < n_free:
            raise UnsupportedEstimatorError(
                f"{name}: the free support vectors are linearly dependent in the space of the kernel, as identical "
                "rows are; merge these with sample_weight, lower tol, or use LeaveOneOut, which is exact here"
            )

    @cached_property
    def one_step_note(self) -> str:
        """How far the support set can be trusted."""
        changing, looked_at = self.support_changes()
        held = "the support set is held fixed, and so is the kernel as fitted"
        if not changing:
            return held
        return f"{held}; the support set may change: {changing} of {looked_at} deletions of support vectors change it"

    def support_changes(self, size: int = 256) -> tuple[int, int]:
        """How many deletions of single support vectors change the set of a machine, of how many looked at."""
        used = [rows[m.dual.owner[m.optimum.items]] for m, rows in zip(self.machines, self.rows)]
        support = np.unique(np.concatenate(used))
        looked = support[np.unique(np.linspace(0, len(support) - 1, min(size, len(support))).astype(int))]
        sets = [np.array([row]) for row in looked]
        kept = self.feasible(sets)
        sets, weights = [s for s, keep in zip(sets, kept) if keep], self.class_weights(sets)[kept]
        changed = np.zeros(len(sets), dtype=bool)
        for machine, rows, pair in zip(self.machines, self.rows, self.pairs):
            own = [np.flatnonzero(np.isin(rows, gone)) for gone in sets]
            changed |= changes_support(machine, weights[:, list(pair)], own)
        return int(changed.sum()), len(sets)
