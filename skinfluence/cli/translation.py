"""Messages of the library in the words of the command line: files, columns and options instead of Python parameters."""

import re

from .attributing import METHODS
from .models import MODELS, REFITS

__all__ = ["in_options"]

#: (pattern, replacement), applied one after another to errors and warnings that come from the library
PHRASES = (
    (
        r"on held-out rows of a fold: (.*); with few rows of a group lower cv, or pass X_val",
        r"\1 (among the rows held out in cross-validation; give rows to measure on with --validation)",
    ),
    (
        r"sensitive_features has only one group, ('.*?'); .* at least two",
        r"all evaluation rows are of the --sensitive group \1; two groups are needed",
    ),
    (
        r"(\d+ of \d+) features of X_val lie far from X (\(.*\)): X_val seems .*",
        r"\1 columns of the --validation file lie far from those of the training file \2; "
        "check that both files use the same units",
    ),
    (
        r"budget must be .*; got (\S+) for (\d+) rows; .*",
        r"--budget \1 is too many: there are \2 rows to trim and some must stay; give a smaller number, or a fraction",
    ),
    (r"lower the budget, or choose strategy='iterative'", "lower --budget, or try --strategy iterative"),
    (
        r"This solver needs samples of at least 2 classes in the data, but the data contains only one class: (.*)",
        r"once rows are deleted or held out, only rows of class \1 are left; lower --budget, or add rows of "
        "other classes",
    ),
    (r"Some value\(s\) of y are out of the valid range of the loss .*", "the labels do not suit --model and --set"),
    (
        r"The '(\w+)' parameter of \w+ must be (.*)\. Got (.*) instead\.",
        r"--set \1=\3 is not possible: \1 must be \2",
    ),
    (
        r"(\w+ failed to converge.*?) ?(\(status|, increase|:).*",
        r"\1; allow more iterations, e.g. --set max_iter=10000",
    ),
    (r"Seed must be between 0 and (.*)", r"--seed must be a whole number between 0 and \1"),
    (
        r"give the model a penalty( \(Ridge.*)?",
        "give the model a stronger penalty with --set (a smaller C, a larger alpha)",
    ),
    (r"use a larger alpha, or Ridge", "use a larger --set alpha, or Ridge"),
    (
        r"(the Hessian of \d+ parameters and a factor of it take .*)\. solver=.*",
        r"\1; use fewer columns (--drop)",
    ),
    (r"takes no sample_weight; .*", "takes no weights; leave out --weight"),
    (REFITS, ""),
    (
        r"(n_neighbors=\d+).*; use a smaller n_neighbors",
        r"\1 rows vote, and there are no more; use a smaller --set n_neighbors",
    ),
    (r"needs class probabilities, but .*", "needs class probabilities, which --model logistic has"),
    (r"the target ('\w+')", r"the objective \1"),
)


def in_options(text):
    """The message as one line, for somebody who types options.

    >>> in_options("went to 3: lower the budget, or choose strategy='iterative'")
    'went to 3: lower --budget, or try --strategy iterative'
    """
    text = " ".join(str(text).split())
    for pattern, replacement in PHRASES:
        text = re.sub(pattern, replacement, text, flags=re.IGNORECASE)
    for name, method in METHODS.items():
        text = re.sub(rf"\b{method.__name__}\b", f"--method {name}", text)
    for name, (estimator, *_) in MODELS.items():
        text = re.sub(rf"\b{type(estimator).__name__}\b", f"--model {name}", text)
    return text
