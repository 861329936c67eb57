"""What methods say before and during long work, and that they say nothing unless they are asked to."""

import re

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from skinfluence import InfluenceFunctions, LeaveOneOut, RescaledInfluence
from skinfluence.attributors import NewtonStep
from skinfluence.operators import DenseCurvature
from skinfluence.solvers import AutoSolver, CholeskySolver
from skinfluence.solvers import deferred as module

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(80, 5)), RNG.integers(3, size=80)


def said(attributor, capsys):
    attributor.fit(X, Y)
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


@pytest.mark.parametrize("cls", [InfluenceFunctions, RescaledInfluence, NewtonStep])
def test_the_cost_is_said_before_the_work_and_progress_on_the_way(cls, capsys):
    lines = said(cls(LogisticRegression(), verbose=1), capsys).splitlines()
    expected = r"\[skinfluence\] 80 rows, 18 parameters: a factorisation, about \d+\.\d s, and 0 MiB for two arrays"
    assert re.fullmatch(expected, lines[0])
    assert "Newton steps" in lines[1]
    assert all(line.startswith("[skinfluence] ") for line in lines)
    if cls is RescaledInfluence:
        assert re.fullmatch(r"\[skinfluence\] 80 of 80 rows in .* s, done", lines[-1])
    assert said(cls(LogisticRegression()), capsys) == ""


def test_conjugate_gradients_are_announced(capsys, monkeypatch):
    monkeypatch.setattr(module, "EXPECTED_PRODUCTS", 0)
    assert "conjugate gradients, about" in said(InfluenceFunctions(Ridge(), verbose=1), capsys)


def test_a_solver_by_name_and_a_matrix_have_no_estimate(capsys):
    assert "about" not in said(RescaledInfluence(Ridge(), solver=CholeskySolver(), verbose=1), capsys)
    assert AutoSolver().expected(DenseCurvature(np.eye(2), np.zeros((2, 0)))) == ""


def test_blocks_of_rows_of_exact_deletion_tell_their_progress(capsys, monkeypatch):
    monkeypatch.setattr("skinfluence.removal.rank_one_downdates.BLOCK_SIZE", 8 * 80 * 3)
    assert "blocks in" in said(LeaveOneOut(LogisticRegression(), verbose=1), capsys)
