"""The trimmer that the options of ``skinfluence trim`` describe."""

from ..trimming import DataTrimmer, DataTrimmerCV, ValidationSet
from .measuring import Judge

__all__ = ["fit_trimmer", "fit_arguments", "make_trimmer"]


def make_trimmer(question, arguments, budget):
    """A trimmer with one budget, not fitted."""
    return DataTrimmer(
        question.estimator,
        target=question.ranking,
        budget=budget,
        strategy=arguments.strategy,
        random_state=arguments.seed,
    )


def fit_trimmer(question, arguments):
    """A trimmer fitted on all training rows; of several budgets it takes the one with the best objective."""
    trimmer = make_trimmer(question, arguments, arguments.budget[0])
    if len(arguments.budget) > 1:
        judge = Judge(question.objective, question.validation or question.training)
        shared = {name: value for name, value in trimmer.get_params(deep=False).items() if name != "budget"}
        trimmer = DataTrimmerCV(budgets=arguments.budget, scoring=judge, **shared)
    return trimmer.fit(question.training.X, question.training.y, **fit_arguments(question, question.training))


def fit_arguments(question, rows):
    """What fit takes beside X and y for these training rows."""
    given = {}
    grouped = question.objective.needs_groups
    if rows.weight is not None:
        given["sample_weight"] = rows.weight
    if grouped:
        given["sensitive_features"] = rows.groups
    judges = question.validation
    if judges is not None:
        given["X_val"] = ValidationSet(
            judges.X,
            judges.y,
            sensitive_features=judges.groups if grouped else None,
            sample_weight=judges.weight,
        )
        # groups of the training rows are for gaps that are cross-fitted
        given.pop("sensitive_features", None)
    return given
