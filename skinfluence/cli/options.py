"""Every option: what it is called, what it takes, what it means, and which command has it."""

from .budgets import parse_budgets
from .models import MODELS

__all__ = ["COMMANDS", "OPTIONS"]


def _many(metavar, text):
    return {"action": "append", "default": [], "metavar": metavar, "help": f"{text} (repeatable)"}


def _name(metavar, text, **more):
    return {"metavar": metavar, "help": text, **more}


def _flag(text):
    return {"action": "store_true", "help": text}


def _choice(names, default, text):
    return {"choices": tuple(names), "default": default, "help": f"{text} (default: {default})"}


PICTURE = "(.png, .svg, .pdf; needs matplotlib)"

#: option, or (command, option) where one command means something of its own
OPTIONS = {
    "data": _name("DATA", "training rows: .csv (also .csv.gz, .csv.xz, .csv.bz2), .tsv or .parquet"),
    "--target": _name("COLUMN", "the column that the model predicts", required=True),
    "--drop": _many("COLUMN", "not a feature"),
    "--id": _name("COLUMN", "names the rows; not a feature"),
    "--weight": _name("COLUMN", "sample weights; not a feature"),
    "--separator": _name("CHARACTER", "between the fields of a CSV file (default: a comma)"),
    "--encoding": _name("NAME", "of a CSV file (default: utf-8)", default="utf-8"),
    "--missing": _many(
        "TEXT", "one more text that means a missing value, beside the empty field, ?, NA, nan and the like"
    ),
    "--drop-missing-target": _flag("leave out the rows that have no label"),
    "--model": _choice(
        ("auto", *MODELS),
        "auto",
        "; ".join(f"{name}: {purpose}" for name, (_, _, purpose) in MODELS.items())
        + "; auto: logistic for text and for two values, else ridge",
    ),
    "--set": _many("NAME=VALUE", "a parameter of the model, e.g. C=0.1"),
    "--objective": _name(
        "NAME",
        "what influence is measured on: loss, demographic_parity, equal_opportunity, ... (default: loss)",
        default="loss",
    ),
    ("trim", "--objective"): _name(
        "NAME",
        "what shall improve: loss, demographic_parity, equal_opportunity, ...; auto: the loss on --validation, "
        "or else the rows that look mislabelled go (default: auto)",
        default="auto",
    ),
    "--sensitive": _many("COLUMN", "groups that the objective compares"),
    "--drop-sensitive": _flag("the model does not see the sensitive columns"),
    "--validation": _name("FILE", "rows on which the objective is measured, the cleaner the better; same columns"),
    "--method": _choice(
        ("rescaled", "influence", "newton", "loo"),
        "rescaled",
        "influence function rescaled by leverage, plain influence function, one Newton step, or exact refits",
    ),
    "--budget": _name(
        "BUDGET",
        "how much may go at most: a fraction (0.05), a percentage (5%%) or rows (20); from a list (0,1%%,5%%) "
        "the best is chosen (default: 0.05)",
        type=parse_budgets,
        default=[0.05],
    ),
    "--strategy": _choice(("one_shot", "iterative"), "one_shot", "delete at once, or in rounds with new scores"),
    "--test": _name("FILE", "rows never used to choose, on which the effect is measured"),
    "--check": _name(
        "FRACTION",
        "without --test: once hold back this part of the data, trim the rest and measure the effect on the part; "
        "0 leaves it out (default: 0.25)",
        type=float,
        default=0.25,
    ),
    "--sort": _choice(
        ("row", "harmful", "helpful"),
        "row",
        "as in the file, or the most harmful or the most helpful rows first",
    ),
    "--leaves": _name("N", "at most so many regions (default: 8)", type=int, default=8),
    "--shrinkage": _name("ROWS", "pull of small regions to their parents (default: 10)", type=float, default=10.0),
    ("attribute", "--output"): _name("FILE", "CSV or Parquet to write (default: CSV on standard output)"),
    ("trim", "--output"): _name("FILE", "where the kept rows go, unchanged, in the format of the data"),
    ("trim", "--picture"): _name("FILE", f"draw the objective against the budget {PICTURE}"),
    ("explain", "--picture"): _name("FILE", f"draw the tree {PICTURE}"),
    "--json": _name("FILE", "write a summary as JSON"),
    "--seed": _name("N", "of everything random (default: 0)", type=int, default=0),
    "--quiet": _flag("no progress"),
    "--debug": _flag("show where an error comes from"),
}
TABLE = (
    "data",
    "--target",
    "--drop",
    "--weight",
    "--separator",
    "--encoding",
    "--missing",
    "--drop-missing-target",
)
QUESTION = ("--model", "--set", "--objective", "--sensitive", "--drop-sensitive", "--validation")
MANNERS = ("--json", "--seed", "--quiet", "--debug")

#: command: {group of options: options}
COMMANDS = {
    "attribute": {
        "the table": (*TABLE, "--id"),
        "the model and the objective": (*QUESTION, "--method"),
        "the answer": ("--sort", "--output", *MANNERS),
    },
    "trim": {
        "the table": TABLE,
        "the model and the objective": QUESTION,
        "the trimming": ("--budget", "--strategy", "--test", "--check"),
        "the answer": ("--output", "--picture", *MANNERS),
    },
    "explain": {
        "the table": TABLE,
        "the model and the objective": (*QUESTION, "--method"),
        "the answer": ("--leaves", "--shrinkage", "--picture", *MANNERS),
    },
    "demo": {"the answer": ("--seed", "--quiet", "--debug")},
}
