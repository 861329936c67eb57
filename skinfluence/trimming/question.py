"""Choose the evidence for a target, given the arguments of fit."""

from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from .._typing import RandomState
from .._warnings import warn
from ..exceptions import TrimmingWarning
from ..targets import LogLoss, Loss, SelfInfluence, check_groups, is_of_theta, resolve_target
from .evidence import Evidence, ValidationEvidence
from .out_of_fold import CrossFitted, OutOfFoldLoss, OwnLoss
from .rows import TrainingRows, held_out_folds
from .validation import ValidationSet, count_rows

__all__ = ["DEFAULT_RANKING", "OUT_OF_FOLD_LOSS", "gather_evidence", "is_measured"]

OUT_OF_FOLD_LOSS = "out_of_fold_loss"
#: the best ranking for finding mislabelled rows without validation rows; see benchmarks/trimming_default.py
DEFAULT_RANKING = OUT_OF_FOLD_LOSS
RANKINGS = {"self_influence": OwnLoss, OUT_OF_FOLD_LOSS: OutOfFoldLoss}


def gather_evidence(
    target: Any,
    rows: TrainingRows,
    attributor: Any,
    validation: ValidationSet | None,
    codes: np.ndarray,
    *,
    cv: Any = None,
    random_state: RandomState = None,
) -> Evidence:
    """Evidence for the target: on validation rows if there are any.

    `codes` are the classes of the rows, of which folds hold equal shares.

    ===================================  ====================  ========================================
    target                               with X_val            without
    ===================================  ====================  ========================================
    "auto"                               "loss"                the default ranking
    "self_influence"                     ranking               ranking
    "out_of_fold_loss"                   ranking               ranking
    "loss", "log_loss"                   influence on X_val    the default ranking
    gaps, sums and all others            influence on X_val    influence on held-out folds
    parameters                           influence             influence
    ===================================  ====================  ========================================

    Raises
    ------
    ValueError
        For a target without a better direction, or one whose groups are missing.
    """
    _warn_if_groups_are_unused(target, rows, validation)
    kind = _kind(target, validation)
    target = resolve_target("loss") if target in ("auto", OUT_OF_FOLD_LOSS) else resolve_target(target)
    if target.greater_is_better is None:
        raise ValueError(
            f"the target {target.name!r} has no better direction, so no row is harmful; choose a loss, a gap "
            "or a sum of targets with the same direction, or a target of your own that states "
            "greater_is_better"
        )
    if target.needs_groups:
        _check_groups(target, rows, validation)
    folds = None
    if kind in (CrossFitted, OutOfFoldLoss):
        seed = check_random_state(random_state).randint(np.iinfo(np.int32).max)
        folds = held_out_folds(cv, rows, _strata(rows, target, codes), seed)
    return kind(rows, attributor, target, validation, folds)


def is_measured(target: Any) -> bool:
    """Whether the target was chosen, and has a value on held-out rows: it is not "auto" and no ranking."""
    return not isinstance(target, SelfInfluence) and not (
        isinstance(target, str) and (target == "auto" or target in RANKINGS)
    )


def _kind(target, validation):
    if isinstance(target, SelfInfluence):
        return OwnLoss
    if isinstance(target, str) and target in RANKINGS:
        return RANKINGS[target]
    if validation is not None:
        return ValidationEvidence
    if isinstance(target, str) and target == "auto":
        return RANKINGS[DEFAULT_RANKING]
    target = resolve_target(target)
    if is_of_theta(target):
        return ValidationEvidence
    only_losses = all(isinstance(term, Loss | LogLoss) for _, term in target.terms())
    return RANKINGS[DEFAULT_RANKING] if only_losses else CrossFitted


def _warn_if_groups_are_unused(target, rows, validation):
    given = rows.sensitive_features is not None or (
        validation is not None and validation.sensitive_features is not None
    )
    if given and isinstance(target, str) and target == "auto":
        warn(
            "target='auto' makes no use of sensitive_features; choose target='demographic_parity' or "
            "another gap to trim for fairness, or target='loss' to say that groups do not matter",
            TrimmingWarning,
        )


def _check_groups(target, rows, validation):
    """Raise an error for a gap without groups of the rows that it is evaluated on."""
    if validation is None:
        groups, name, X = rows.sensitive_features, "sensitive_features", rows.X
    else:
        groups, name, X = validation.sensitive_features, "sensitive_features_val", validation.X
    if groups is None:
        given = rows.sensitive_features is not None
        misplaced = " (sensitive_features has one entry for each row of X, not X_val)" if given else ""
        raise ValueError(
            f"the target {target.name!r} compares groups, but {name} is missing{misplaced}; pass an array as "
            f"{name}, or sensitive_features='name of a column'"
        )
    check_groups(groups, len(rows) if validation is None else count_rows(X), X)


def _strata(rows, target, codes):
    """Classes, and groups where the target compares them."""
    if not target.needs_groups:
        return codes
    groups = check_groups(rows.sensitive_features, len(rows), rows.X)[0]
    return np.unique(np.column_stack([codes, groups]), axis=0, return_inverse=True)[1].reshape(-1)
