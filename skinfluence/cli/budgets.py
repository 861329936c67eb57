"""Parse --budget: fractions, percentages, rows, and lists of them."""

from .errors import CommandError

__all__ = ["parse_budgets"]


def parse_budgets(text):
    """Budgets as a list: rows as int, fractions as float.

    >>> parse_budgets("0, 1%, 0.05, 20")
    [0, 0.01, 0.05, 20]

    Raises
    ------
    CommandError
        When a budget is neither a whole number of rows, nor a fraction below 1, nor a percentage below 100.
    """
    budgets = [_budget(part.strip()) for part in text.split(",") if part.strip()]
    if not budgets:
        raise CommandError("--budget is empty; give e.g. 0.05, 5%, 20 (rows), or a list such as 0,1%,5% to choose from")
    return budgets


def _budget(text):
    try:
        if text.endswith("%"):
            value = float(text[:-1]) / 100
        else:
            value = int(text) if text.lstrip("+-").isdigit() else float(text)
    except ValueError:
        value = -1
    if not 0 <= value or (isinstance(value, float) and not value < 1):
        raise CommandError(
            f"--budget {text} is not possible; give a fraction from 0 to below 1 (0.05), a percentage (5%), "
            "or a whole number of rows (20)"
        )
    return value
