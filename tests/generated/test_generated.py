"""The law of generated cases: an answer that refits confirm, nan with a reason, or an error that a user can read."""

import warnings
from collections import Counter

import numpy as np
import pytest

from generated.cases import Case
from generated.errors import fault_of
from generated.judging import judge
from generated.questions import Question
from generated.seeds import run_seed, seeds_of
from skinfluence import LeaveOneOut

SAMPLE, CHUNK = 100, 25
SLOW, SLOW_CHUNK = 10_000, 100
#: verdicts that compare numbers with refits
COMPARED = ("confirmed", "confirmed by the package's refits", "stationary", "no step left")


def assert_no_faults(seeds):
    faults = [(case, verdict) for case in map(Case, seeds) if (verdict := judge(case)).fault]
    told = "\n\n".join(f"{case!r}\n  {verdict.told}" for case, verdict in faults)
    assert not faults, f"{len(faults)} of {len(seeds)} cases of GENERATED_SEED={run_seed()}:\n\n{told}"


@pytest.mark.parametrize("chunk", range(SAMPLE // CHUNK))
def test_cases_of_this_run(chunk):
    assert_no_faults(seeds_of(chunk, CHUNK))


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(SLOW // SLOW_CHUNK))
def test_ten_thousand_cases(chunk):
    assert_no_faults(seeds_of(chunk, SLOW_CHUNK, SAMPLE))


# ---------------------------------------------------------------- a judge that could not deny would say nothing


def first_with(kind):
    """The first case whose verdict is of a kind, of exact effects on the loss, of many rows of which all count."""
    cases = (case for case in map(Case, range(2000)) if (case.question.target, case.rows.weighted) == ("loss", "none"))
    usual = (case for case in cases if case.question.method is LeaveOneOut and len(case.rows.X) == 25)
    return next(case for case in usual if judge(case).kind == kind)


def answered(monkeypatch, change):
    """Let answers be others than they are."""
    real = Question.answer

    def answer(question, fitted):
        influence = real(question, fitted)
        return influence.with_values(change(np.array(influence.values, dtype=float)))

    monkeypatch.setattr(Question, "answer", answer)


def test_seed_draws_the_same_case_again():
    assert repr(Case(17)) == repr(Case(17)) != repr(Case(18))


def test_verdicts_are_of_every_kind():
    counts = Counter(judge(case).kind for case in map(Case, range(80)))
    assert sum(counts[kind] for kind in COMPARED) >= 8
    assert {"nan with a reason", "refused", "refused, as the estimator does", "finite"} <= set(counts)


def test_wrong_number_is_denied(monkeypatch):
    case = first_with("confirmed")
    answered(monkeypatch, lambda values: values + 1e-4 * np.nanmax(np.abs(values)))
    assert "at our own parameters it is" in judge(case).told


def test_wrong_parameters_are_denied(monkeypatch):
    case = first_with("confirmed")
    real = LeaveOneOut._complete

    def complete(self, optimum):
        exact = real(self, optimum)
        return exact.extended(type(exact), params_change=1.001 * exact.params_change, exact_note="")

    monkeypatch.setattr(LeaveOneOut, "_complete", complete)
    assert "relative gradients" in judge(case).told


def test_silent_nan_is_a_fault(monkeypatch):
    case = first_with("confirmed")
    answered(monkeypatch, lambda values: np.where(np.arange(len(values)) == 0, np.nan, values.T).T)
    assert judge(case).told.startswith("silent nan")


def test_warning_of_numpy_from_our_lines_is_a_fault(monkeypatch):
    case = first_with("confirmed")
    real = Question.answer

    def answer(question, fitted):
        influence = real(question, fitted)
        warnings.warn_explicit("overflow", RuntimeWarning, f"{np.__file__}", 1)
        return influence

    monkeypatch.setattr(Question, "answer", answer)
    assert not judge(case).fault
    monkeypatch.setattr("generated.judging.OURS", np.__file__)
    assert "a warning of NumPy" in judge(case).told


def raised(error):
    try:
        raise error
    except type(error) as caught:
        return caught


@pytest.mark.parametrize(
    "error",
    [
        IndexError("index 3 is out of bounds"),
        np.linalg.LinAlgError("Singular matrix"),
        ValueError("operands could not be broadcast together with shapes (3,) (4,)"),
        AttributeError("'NoneType' object has no attribute 'shape'"),
        ValueError("this sentence was raised by neither of the two libraries"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_raw_errors_are_faults(error):
    assert fault_of(raised(error), None)


def test_errors_of_the_estimator_are_its_own():
    refusal = ValueError("Singular matrix")
    assert not fault_of(raised(ValueError("Singular matrix")), refusal)
