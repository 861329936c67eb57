"""Errors of the command line: one line that says what to do, and exit status 2."""

from difflib import get_close_matches

from ..exceptions import SkinfluenceError

__all__ = ["CommandError", "TableWarning", "did_you_mean", "first_line", "listing"]


class CommandError(SkinfluenceError):
    """The command cannot be run as given; the message is one line: what was got, what is allowed, what to do."""


class TableWarning(UserWarning):
    """What was made of a table, where something else may have been meant."""


def listing(names, most=8):
    """The names in quotes, cut after `most` of them.

    >>> listing(["a", "b", "c"], most=2)
    "'a', 'b' and 1 more"
    """
    names = [repr(str(name)) for name in names]
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


def did_you_mean(name, names):
    """The closest names as a question, or all of them when none is close.

    >>> did_you_mean("incom", ["age", "income"])
    "did you mean 'income'?"
    >>> did_you_mean("x", ["age", "income"])
    "there are 'age', 'income'"
    """
    names = [str(known) for known in names]
    lower = {known.lower(): known for known in reversed(names)}
    close = [lower[match] for match in get_close_matches(str(name).lower(), lower, n=3, cutoff=0.6)]
    if close:
        return "did you mean " + " or ".join(repr(match) for match in close) + "?"
    return "there are " + listing(names)


def first_line(error):
    """The first line of the message of an error, or its name, without a full stop."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
