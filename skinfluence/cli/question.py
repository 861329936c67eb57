"""Rows, model and objective of a command, read from the files and the options."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..targets import resolve_target, target_names
from .columns import MOST_GROUPS, Rows, choose_rows, columns_line, missing_line, validation_rows
from .errors import CommandError, did_you_mean, listing
from .models import MODELS, build_model, choose_model
from .tables import Table, read_table
from .types import note

__all__ = ["Question", "read_objective", "read_question"]

#: objectives that need more than a name, or a survival model
NOT_OFFERED = (
    "concordance",
    "log_hazard",
    "parameter",
    "partial_likelihood",
    "relative_risk",
    "survival_probability",
    "z_value",
)
#: objectives that compare the probability of one class between groups
OF_TWO_CLASSES = ("demographic_parity", "equal_opportunity", "equal_opportunity_loss", "equalized_odds")
#: objectives of models for classes alone
OF_CLASSES = (*OF_TWO_CLASSES[1:], "adversarial_loss", "class_probability", "log_loss", "margin")
#: ways to rank rows that are no objectives; the loss is measured
RANKINGS = ("auto", "out_of_fold_loss", "self_influence")


@dataclass(frozen=True)
class Question:
    """Rows, model and objective, read and checked.

    Parameters
    ----------
    table : Table
        The training file.
    training : Rows
        Its rows that have a label.
    validation, test : Rows or None
        The rows of the other files.
    model : str
        Name of the model.
    estimator : Pipeline
        The model with its preprocessing, not fitted.
    objective : Target
        Influence is the change of its value.
    ranking : str
        How a trimmer ranks rows: the name of the objective, or one of `RANKINGS`.
    positive : label or None
        Of two classes the positive one.
    """

    table: Table
    training: Rows
    validation: Rows | None
    test: Rows | None
    model: str
    estimator: Any
    objective: Any
    ranking: str
    positive: Any = None

    def facts(self):
        """Lines of the summary."""
        rows = f"{len(self.training)} rows, {self.training.X.shape[1]} features"
        facts = {"data": f"{self.table.path} ({rows})", "columns": columns_line(self.training)}
        missing = missing_line(self.table, self.training)
        if missing:
            facts["missing"] = missing
        facts |= {"model": self.model, "objective": self.ranking}
        if self.positive is not None:
            facts["positive"] = f"{self.positive} (the classes are {listing(np.unique(self.training.y))})"
        return facts


def read_question(arguments):
    """Read the files and check them against each other and the options.

    Raises
    ------
    CommandError
        For every mistake in the files and options.
    """
    objective = read_objective(arguments.objective, arguments.command)
    options = {
        "separator": _separator(arguments.separator),
        "encoding": arguments.encoding,
        "command": f"skinfluence {arguments.command}",
    }
    table = read_table(arguments.data, **options)
    training = choose_rows(table, arguments.roles, arguments.reading)
    _check_groups(objective, training, arguments)
    model = choose_model(arguments.model, training.y, arguments.target)
    positive = _positive(arguments, training, model)
    if positive is not None and objective.name in OF_TWO_CLASSES:
        objective = type(objective)(pos_label=positive)
    validation, test = (
        None if path is None else _another(path, arguments.roles, training, options)
        for path in (arguments.validation, getattr(arguments, "test", None))
    )
    _check_objective(objective, training, model, arguments)
    for rows in (validation, test):
        _check_labels(rows, training, model, arguments.target)
    estimator = build_model(model, training, arguments.set)
    return Question(table, training, validation, test, model, estimator, objective, arguments.objective, positive)


def read_objective(name, command):
    """The target of that name, with its close relatives in the error."""
    offered = [known for known in target_names() if known not in NOT_OFFERED]
    rankings = RANKINGS if command == "trim" else ()
    if name not in offered and name not in rankings:
        raise CommandError(f"no objective {name!r}; {did_you_mean(name, [*rankings, *offered])}")
    objective = resolve_target("loss" if name in rankings else name)
    if command == "trim" and objective.greater_is_better is None:
        raise CommandError(
            f"--objective {name} has no better direction, so no row is harmful; choose loss, or a gap between groups"
        )
    return objective


def _positive(arguments, training, model):
    """The positive class: the given one, or of two classes the last in order, as scikit-learn has it."""
    if not MODELS[model][1]:
        if arguments.positive is not None:
            raise CommandError(f"--positive {arguments.positive} names a class, but --model {model} predicts numbers")
        return None
    classes = np.unique(training.y).tolist()
    if arguments.positive is None:
        return _last_class(arguments, classes) if len(classes) == 2 else None
    named = {str(known): known for known in classes}
    if arguments.positive not in named:
        raise CommandError(
            f"--positive {arguments.positive} is no class in {arguments.target!r}; give one of {listing(classes)}"
        )
    return named[arguments.positive]


def _last_class(arguments, classes):
    """Other names of the classes may have another order, so that somebody who types the objective is told."""
    if arguments.objective in OF_TWO_CLASSES and isinstance(classes[-1], str):
        note(
            f"the positive class of --objective {arguments.objective} is {classes[-1]!r}, the last in alphabetical "
            "order; choose it with --positive"
        )
    return classes[-1]


def _another(path, roles, training, options):
    return validation_rows(read_table(path, **options), roles, training)


def _separator(text):
    separator = {"\\t": "\t", "tab": "\t", None: None}.get(text, text)
    if separator is not None and (len(separator) != 1 or separator in '"\r\n'):
        raise CommandError(f"--separator {text!r} is not one character; give e.g. ';' or tab")
    return separator


def _check_groups(objective, training, arguments):
    """A gap between groups needs --sensitive, and --sensitive needs such a gap."""
    if objective.needs_groups and training.groups is None:
        few = [name for name in training.text_columns if 2 <= training.X[name].nunique() <= MOST_GROUPS]
        hint = f" (one of {listing(few)}?)" if few else ""
        raise CommandError(f"--objective {objective.name} compares groups; name their column with --sensitive{hint}")
    if arguments.sensitive and not objective.needs_groups and not arguments.drop_sensitive:
        raise CommandError(
            f"--objective {arguments.objective} compares no groups, so --sensitive does nothing; "
            "choose an objective that does, such as demographic_parity, or leave --sensitive out"
        )


def _check_objective(objective, training, model, arguments):
    """Some objectives are defined for classes only, or for numbers only."""
    target = arguments.target
    name, classes = objective.name, np.unique(training.y)
    if name in OF_CLASSES and not MODELS[model][1]:
        instead = "demographic_parity (the gap of mean predictions)" if objective.needs_groups else "loss"
        raise CommandError(
            f"--objective {name} needs a --target with classes, but --model {model} predicts the numbers "
            f"in {target!r}; use {instead}"
        )
    if name in OF_TWO_CLASSES and MODELS[model][1] and len(classes) > 2 and arguments.positive is None:
        raise CommandError(
            f"--objective {name} needs a --target with two classes, but {target!r} has {len(classes)} "
            f"({listing(classes, 5)}); name one with --positive, merge classes in the file, or use worst_group_loss"
        )
    if name == "prediction" and MODELS[model][1]:
        raise CommandError(
            "--objective prediction needs a --target with numbers, but --model "
            f"{model} predicts the classes in {target!r}; use class_probability or margin"
        )


def _check_labels(rows, training, model, target):
    """Labels of the other files: the same kind, and no new class."""
    if rows is None:
        return
    if (rows.y.dtype == object) != (training.y.dtype == object):
        raise CommandError(f"column {target!r} holds text in one file and numbers in the other; correct one of them")
    new = sorted(set(rows.y) - set(training.y)) if MODELS[model][1] else []
    if new:
        raise CommandError(
            f"{listing(new)} in column {target!r} does not occur in the training rows; correct the labels"
        )
