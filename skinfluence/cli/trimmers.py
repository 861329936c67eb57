"""The trimmer that the options of ``skinfluence trim`` describe."""

from ..trimming import DataTrimmer, DataTrimmerCV, ValidationSet
from .measuring import ObjectiveScorer
from .question import RANKINGS

__all__ = ["fit_trimmer", "fit_arguments", "make_trimmer"]


def make_trimmer(question, arguments, budget):
    """A trimmer with one budget, not fitted."""
    return DataTrimmer(
        question.estimator,
        target=question.ranking if question.ranking in RANKINGS else question.objective,
        budget=budget,
        strategy=arguments.strategy,
        random_state=arguments.seed,
    )


def fit_trimmer(question, arguments):
    """A trimmer fitted on all training rows; of several budgets the one with the best objective is used."""
    trimmer = make_trimmer(question, arguments, arguments.budget[0])
    if len(arguments.budget) > 1:
        scorer = ObjectiveScorer(question.objective, question.validation or question.training)
        shared = {name: value for name, value in trimmer.get_params(deep=False).items() if name != "budget"}
        trimmer = DataTrimmerCV(budgets=arguments.budget, scoring=scorer, **shared)
    return trimmer.fit(question.training.X, question.training.y, **fit_arguments(question, question.training))


def fit_arguments(question, rows):
    """Arguments of fit, beside X and y, for these training rows."""
    given = {}
    grouped = question.objective.needs_groups
    if rows.weight is not None:
        given["sample_weight"] = rows.weight
    if grouped:
        given["sensitive_features"] = rows.groups
    validation = question.validation
    if validation is not None:
        given["X_val"] = ValidationSet(
            validation.X,
            validation.y,
            sensitive_features=validation.groups if grouped else None,
            sample_weight=validation.weight,
        )
        # groups of the training rows are used only without validation rows
        given.pop("sensitive_features", None)
    return given
