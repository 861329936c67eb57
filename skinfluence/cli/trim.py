"""``skinfluence trim``: drop harmful rows, and show the effect of dropping them."""

import sys
from collections import Counter

import numpy as np
from sklearn.base import is_classifier

from .checking import check, check_setting
from .outputs import Outputs
from .pictures import check_picture, save
from .progress import Progress
from .question import read_question
from .summary import print_facts, write_json
from .tables import check_format
from .trimmers import fit_trimmer

__all__ = ["run"]


def run(arguments):
    """Read, trim, check on rows that were not used for trimming, write."""
    _check_arguments(arguments)
    checked = arguments.test is not None or arguments.check > 0
    progress = Progress(2 + checked + bool(arguments.output), arguments.quiet)
    with Outputs([arguments.data, arguments.validation, arguments.test]) as outputs:
        names = (arguments.output, arguments.picture, arguments.json)
        output, picture, summary = (outputs.reserve(name) if name else None for name in names)
        with progress.step(f"reading {arguments.data}"):
            question = read_question(arguments)
        with progress.step(f"trimming {len(question.training)} rows for {arguments.objective}"):
            trimmer = fit_trimmer(question, arguments)
        facts, numbers = _outcome(question, trimmer, arguments)
        if checked:
            with progress.step("measuring on rows that were not used for trimming"):
                (title, effects), numbers["check"], display = check(question, trimmer, arguments)
            if picture:
                save(display, picture, arguments.picture)
        if output:
            with progress.step(f"writing {arguments.output}"):
                question.table.write_rows(numbers["kept_rows"], output, arguments.output)
        if summary:
            write_json({**question.facts(), **numbers}, summary)
    print_facts(facts, sys.stdout)
    if checked:
        print_facts(effects, sys.stdout, title)


def _check_arguments(arguments):
    """Errors that can be found before any file is read."""
    check_setting(arguments)
    if arguments.output:
        check_format(arguments.output, arguments.data)
    if arguments.picture:
        check_picture(arguments.picture)


def _outcome(question, trimmer, arguments):
    """What was removed, and its effect on the rows that were used to choose, in words and in numbers."""
    rows, path = question.training, trimmer.path_
    budget = getattr(trimmer, "budget_", arguments.budget[0])
    before, after = float(path["measured"][0]), float(path["measured"][-1])
    facts = {
        **question.facts(),
        "budget": f"{budget}" + (f" (the best of {len(arguments.budget)})" if len(arguments.budget) > 1 else ""),
        "removed": _removed(question, trimmer),
        "ranked by": trimmer.influence_.estimand,
    }
    if np.isfinite(before):
        where = "the validation rows" if question.validation else "the training rows, by cross-validation"
        name = question.objective.name
        facts["chosen on"] = f"{where}: {name} {before:.4g} -> {after:.4g}"
    numbers = {
        "budget": budget,
        "budgets": getattr(trimmer, "cv_results_", None),
        "chosen_on": {"before": before, "after": after, "predicted": float(path["predicted"][-1])},
        "n_removed": len(trimmer.trimmed_indices_),
        "removed_rows": rows.positions[trimmer.trimmed_indices_],
        "kept_rows": rows.positions[trimmer.sample_indices_],
    }
    return facts, numbers


def _removed(question, trimmer):
    """How many rows were removed, and of which classes."""
    rows, removed = question.training, trimmer.trimmed_indices_
    text = f"{len(removed)} of {len(rows)} rows"
    if is_classifier(question.estimator):
        text += ": " + ", ".join(
            f"{count} {label}" for label, count in Counter(map(str, rows.y[removed])).most_common(5)
        )
    unlabelled = len(question.table.frame) - len(rows)
    return text + (f"; {unlabelled} rows without a label were left out too" if unlabelled else "")
