"""Progress messages."""

from .._progress import tell

__all__ = ["report"]


def report(verbose: int, done: int, total: int, value: float) -> None:
    """Print the progress of a search to standard error: every row with ``verbose`` above 1, at powers of two with 1."""
    if verbose > 1 or (verbose and (done & (done - 1) == 0 or done == total)):
        tell(f"{done} of at most {total} rows, change of f {value:.4g}")
