"""What deletions of single rows do to a question, on the support set of the fit, all rows at once.

With M the matrix of the free vectors' equations, g = d f / d beta and h = M^-1 (g_b, g_F):

    bounded i    beta_i goes to 0 and the free ones answer:    -e_i,    e_i = beta_i (g_i - (1, K_iF) h)
    free i       its equation goes with it:                    -beta_i h_i / (M^-1)_ii

Balanced class weights scale all bounded coefficients of a class c by r_c when a row leaves, before it does: that adds
sum_c (r_c - 1) E_c, E_c the sum of e over the class, and moves the free beta_i.
"""

from typing import Any

import numpy as np

from .machine import Machine

__all__ = ["single_effects"]


def single_effects(machine: Machine, slope: Any, each: bool, classes: np.ndarray, ratios: np.ndarray) -> np.ndarray:
    """Effects of the deletion of each row of a machine, (n, a).

    Parameters
    ----------
    machine : Machine
        Two classes, or a regression.
    slope : Slope
        d f / d decision values, of the evaluation rows.
    each : bool
        One answer for each evaluation row.
    classes : ndarray of int, shape (n,)
        Whose ratios count when the row leaves.
    ratios : ndarray of shape (C, 2)
        Class weights after a row of that class has left, over those of the fit.
    """
    dual, system = machine.dual, machine.system
    free, bounded = machine.working.items[system.items], machine.bounded
    used = np.concatenate([free, bounded])
    kernel = dual.kernel(dual.X[dual.owner[used]], slope.features)
    C = slope.cotangents
    gradient = kernel * C[:, 0] if each else kernel @ C
    F = len(free)
    h = system.solve(np.vstack([C.T if each else C.sum(axis=0, keepdims=True), gradient[:F]]))
    beta = (dual.signs * machine.optimum.u(len(dual.signs)))[used]
    columns = _equations(dual, free, bounded)
    e = beta[F:, None] * (gradient[F:] - columns.T @ h)
    side = np.arange(2)[:, None] == dual.side[bounded]
    # what a unit of scaling of each class does: to f, and to the free coefficients
    of_class, answer = side @ e, -system.solve((columns * beta[F:]) @ side.T)[1:]
    scaling = ratios - 1
    effects = (scaling @ of_class)[classes]
    i, sides = dual.owner[bounded], dual.side[bounded]
    effects[i] -= ratios[classes[i], sides][:, None] * e
    i = dual.owner[free]
    left = beta[:F] + (answer * scaling[classes[i]]).sum(axis=1)
    diagonal = np.diagonal(system.inverse)[1:]
    # the last free vector takes the equation of the intercept with it
    effects[i] -= (left / diagonal)[:, None] * h[1:] if F > 1 else np.nan
    return effects


def _equations(dual, free, bounded):
    """What the coefficient of each bounded item adds to the equations of the free ones: (F + 1, B)."""
    kernel = dual.kernel(dual.X[dual.owner[free]], dual.X[dual.owner[bounded]])
    return np.vstack([np.ones((1, len(bounded))), kernel])
