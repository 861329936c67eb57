"""The verdict on a case, which has to end in an answer that refits confirm, nan with a reason, or a readable error."""

import re
import traceback
import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.base import clone

from generated.comparing import compare
from generated.errors import OURS, fault_of
from skinfluence import LeaveOneOut
from skinfluence.adapters import fit_weighted

__all__ = ["Verdict", "judge"]


@dataclass(frozen=True)
class Verdict:
    """What became of a case.

    Parameters
    ----------
    kind : str
        Of verdict, for counts.
    told : str
        The error or the fault.
    fault : bool
        Of ours.
    """

    kind: str
    told: str = ""
    fault: bool = False


def judge(case):
    """The verdict on a case.

    Returns
    -------
    Verdict
    """
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        verdict = _judged(case, said)
    if not verdict.fault and (noise := _noise(said)):
        return Verdict("defect", f"a warning of NumPy instead of ours: {noise}", True)
    return verdict


def _judged(case, said):
    rows, question = case.rows, case.question
    plain, refusal = _plain_fit(case)
    # what the estimator's own fit says is not ours
    said.clear()
    try:
        fitted = question.attributor(plain if case.prefit and refusal is None else case.estimator)
        fitted.fit(rows.table, rows.y, sample_weight=rows.weight)
        answer = question.answer(fitted)
    except Exception as error:
        return _of_error(error, refusal)
    # an estimator that ends in a raw error says nothing against the rows
    if refusal is not None and not fault_of(refusal, None):
        return Verdict("defect", f"answers where the estimator says {type(refusal).__name__}: {refusal}", True)
    values = _values(answer)
    if values is None:
        return Verdict("answered, no values")
    if np.isinf(values).any() and not question.exact:
        return Verdict("defect", f"infinite values {values}", True)
    if np.isnan(values).any() and not _tells_of_nan(answer, values, said):
        return Verdict("defect", f"silent nan: {values}; {getattr(answer, 'verdict', '')}", True)
    if np.isnan(values).all():
        return Verdict("nan with a reason")
    if any("effects are no better than that" in str(each.message) for each in said):
        return Verdict("told that it is no optimum")
    return _numbers(case, fitted, values)


def _plain_fit(case):
    """The estimator fitted by itself, or what it says against the rows."""
    rows = case.rows
    try:
        return fit_weighted(clone(case.estimator), rows.table, rows.y, rows.weight), None
    except Exception as error:
        return None, error


def _of_error(error, refusal):
    if fault := fault_of(error, refusal):
        trace = "".join(traceback.format_exception(error)[-4:])
        return Verdict("defect", f"{fault}\n{trace}", True)
    kind = "refused" if refusal is None else "refused, as the estimator does"
    return Verdict(kind, f"{type(error).__name__}: {error}")


def _values(answer):
    """Numbers of an answer; None where it holds none of its own."""
    for name in ("values", "target_change", "effects"):
        if getattr(answer, name, None) is not None:
            return np.asarray(getattr(answer, name), dtype=float)
    return None


def _tells_of_nan(answer, values, said):
    if counted := re.search(r"no answer \(nan\) for (\d+) of", getattr(answer, "verdict", "")):
        rows = getattr(answer, "rows", None)
        return rows is not None or int(counted[1]) == np.isnan(values.reshape(len(values), -1)).any(axis=1).sum()
    reasons = [str(each.message) for each in said if issubclass(each.category, UserWarning)]
    return any("nan" in text or "no optimum" in text for text in [getattr(answer, "verdict", ""), *reasons])


def _noise(said):
    """The first warning of NumPy that our own lines gave."""
    found = [each for each in said if issubclass(each.category, RuntimeWarning) and each.filename.startswith(OURS)]
    return f"{found[0].filename}:{found[0].lineno}: {found[0].message}" if found else ""


def _numbers(case, fitted, values):
    question = case.question
    plain = question.asked == "attribute" and not {"train_groups", "top_k"} & set(question.options)
    if not (isinstance(fitted, LeaveOneOut) and question.exact and plain):
        return Verdict("finite")
    word, fault = compare(case, fitted, values)
    return Verdict("defect", fault, True) if fault else Verdict(word)
