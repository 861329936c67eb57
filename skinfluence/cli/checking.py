"""Effect of a trimming on rows that were not used for it, compared with deleting rows at random."""

import numpy as np
from sklearn.model_selection import train_test_split

from ..displays import TrimmingDisplay
from ..trimming import trimming_curves
from .errors import CommandError
from .measuring import measure, score_name
from .trimmers import fit_arguments, make_trimmer

__all__ = ["check", "check_setting"]

RANDOM_TRIMMINGS = 3
POINTS = 5


def check_setting(arguments):
    """Raise an error for a wrong fraction, and for a picture without a check."""
    if not 0 <= arguments.check < 1:
        raise CommandError(f"--check {arguments.check} is not a fraction; give a number from 0 to below 1, e.g. 0.25")
    if arguments.picture and not (arguments.check or arguments.test):
        raise CommandError("--picture shows the result of the check; leave out --check 0, or give a --test file")


def check(question, trimmer, arguments):
    """Trim without the test rows and measure on them.

    With a test file this is the trimming itself; without, a part of the data is held back once, and the rest is trimmed
    by the same settings.

    Parameters
    ----------
    question : Question
        Rows, model and objective.
    trimmer : DataTrimmer
        As fitted on all rows.
    arguments : Namespace
        Options.

    Returns
    -------
    facts : (str, dict of str)
        A title, and the metrics as text.
    numbers : dict
    display : TrimmingDisplay or None
        When --picture is given.
    """
    training, test = _rows(question, arguments)
    budget = getattr(trimmer, "budget_", arguments.budget[0])
    name, score = question.objective.name, score_name(question.model)
    curves = trimming_curves(
        make_trimmer(question, arguments, budget),
        training.X,
        training.y,
        test.X,
        test.y,
        budgets=_budgets(budget, len(training), bool(arguments.picture)),
        metrics={
            name: lambda estimator, X, y: measure(question.objective, estimator, test),
            score: lambda estimator, X, y: estimator.score(X, y, sample_weight=test.weight),
        },
        n_random=RANDOM_TRIMMINGS,
        random_state=arguments.seed,
        **fit_arguments(question, training),
    )
    return _facts(curves, test, question, arguments), _numbers(curves, test), _display(curves, arguments)


def _rows(question, arguments):
    rows = question.training
    if question.test is not None:
        return rows, question.test
    strata = rows.y if rows.y.dtype == object else np.zeros(len(rows))
    try:
        kept, held = train_test_split(
            np.arange(len(rows)), test_size=arguments.check, stratify=strata, random_state=arguments.seed
        )
    except ValueError as error:
        raise CommandError(
            f"--check {arguments.check} leaves too few rows on one side ({error}); "
            "give another fraction, or --check 0 for no check"
        ) from error
    return rows.take(np.sort(kept)), rows.take(np.sort(held))


def _budgets(budget, n_rows, drawn):
    """Budgets from 0 to the given one, in rows; a number of rows is capped, because these are fewer rows."""
    most = int(budget * n_rows) if isinstance(budget, float) else min(budget, n_rows // 2)
    return np.unique(np.linspace(0, most, POINTS if drawn else 2).astype(int)).tolist()


def _facts(curves, test, question, arguments):
    facts, before_after = {}, {}
    for name, values in curves["metrics"].items():
        at_random = np.mean(curves["random"][name], axis=0)[-1]
        facts[name] = f"{values[0]:.4g} -> {values[-1]:.4g}   (as many rows dropped at random: {at_random:.4g})"
        before_after[name] = values[0], values[-1]
    before, after = before_after[question.objective.name]
    if (after <= before) if question.objective.greater_is_better else (after >= before):
        facts["verdict"] = "no improvement: keep all rows" + (
            "" if question.validation else ", or give rows with correct labels (--validation)"
        )
    if arguments.test:
        return f"effect on the {len(test)} rows of {arguments.test}, not used for trimming:", facts
    return (
        f"effect on {len(test)} rows of {arguments.data}, held out while the rest was trimmed with the same options:",
        facts,
    )


def _numbers(curves, test):
    return {"n_rows": len(test), **curves}


def _display(curves, arguments):
    if not arguments.picture:
        return None
    shares = {name: np.asarray(values) for name, values in curves["metrics"].items()}
    return TrimmingDisplay.from_curves(curves["removed"], shares, curves["random"])
