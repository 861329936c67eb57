"""Every option: its name, its values, its meaning, and the commands that have it."""

from .attributing import EXACT_ONLY
from .budgets import parse_budgets
from .cells import MISSING_TEXTS
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

#: option, or (command, option) where the meaning differs for one command
OPTIONS = {
    "data": _name("DATA", "training rows: .csv (also .csv.gz, .csv.xz, .csv.bz2), .tsv or .parquet"),
    "--target": _name("COLUMN", "the column that the model predicts", required=True),
    "--drop": _many("COLUMN", "not a feature"),
    "--id": _name("COLUMN", "names the rows; not a feature"),
    "--weight": _name("COLUMN", "sample weights; not a feature"),
    "--separator": _name("CHARACTER", "separates the fields of a CSV file (default: a comma)"),
    "--encoding": _name("NAME", "text encoding of a CSV file (default: utf-8)", default="utf-8"),
    "--decimal": _choice((".", ","), ".", "the decimal mark of numbers in a CSV file"),
    "--numeric": _many(
        "COLUMN",
        "numbers, with currency signs, per cent (5%% is 0.05), thousands separators or parentheses for less than zero; "
        "other cells count as missing",
    ),
    "--category": _many("COLUMN", "a text, even if it looks like numbers"),
    "--dates": _many(
        "COLUMN",
        "dates, with a time and a zone or without, become seconds since 1970 in UTC; COLUMN=FORMAT gives the format "
        "of other dates than 2018-01-31, e.g. day=%%d/%%m/%%Y",
    ),
    "--missing": _many("TEXT", "another text that means a missing value"),
    "--keep-na": _flag(
        f"only the empty field and --missing mean a missing value; without it also {', '.join(MISSING_TEXTS)}"
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
        "influence is the effect on: loss, demographic_parity, equal_opportunity, ... (default: loss)",
        default="loss",
    ),
    ("trim", "--objective"): _name(
        "NAME",
        "what to improve: loss, demographic_parity, equal_opportunity, ...; auto: the loss on --validation, "
        "or without it, drop rows that look mislabelled (default: auto)",
        default="auto",
    ),
    "--sensitive": _many("COLUMN", "column of groups that the objective compares"),
    "--positive": _name("CLASS", "the positive class of --target (default: of two classes the last in order)"),
    "--drop-sensitive": _flag("the model does not see the sensitive columns"),
    "--validation": _name(
        "FILE", "rows on which the objective is measured, with correct labels if possible; same columns"
    ),
    "--method": _choice(
        ("auto", "rescaled", "influence", "newton", "loo"),
        "auto",
        "rescaled: influence function rescaled by leverage; influence: plain influence function; newton: one Newton "
        "step; loo: exact leave-one-out, as if the model were fitted again without each row; auto: rescaled, or loo "
        "for models without a smooth loss ({})".format(", ".join(EXACT_ONLY)),
    ),
    "--budget": _name(
        "BUDGET",
        "how many rows may be dropped: a fraction (0.05), a percentage (5%%) or rows (20); from a list (0,1%%,5%%) "
        "the best one is used (default: 0.05)",
        type=parse_budgets,
        default=[0.05],
    ),
    "--strategy": _choice(("one_shot", "iterative"), "one_shot", "drop all rows at once, or in rounds with new scores"),
    "--test": _name("FILE", "other rows on which the effect is measured; not used for trimming"),
    "--check": _name(
        "FRACTION",
        "without --test: hold out this fraction of the data, trim the rest and measure the effect on these rows; "
        "0: no check (default: 0.25)",
        type=float,
        default=0.25,
    ),
    "--sort": _choice(
        ("row", "harmful", "helpful"),
        "row",
        "as in the file, or the most harmful or the most helpful rows first",
    ),
    "--leaves": _name("N", "maximal number of regions (default: 8)", type=int, default=8),
    "--shrinkage": _name(
        "ROWS",
        "shrink the mean of each region towards the region above, most for small regions; 0: none (default: 10)",
        type=float,
        default=10.0,
    ),
    ("attribute", "--output"): _name("FILE", "CSV or Parquet to write (default: CSV on standard output)"),
    ("trim", "--output"): _name("FILE", "file for the kept rows, unchanged, in the format of the data"),
    ("trim", "--picture"): _name("FILE", f"draw the objective against the budget {PICTURE}"),
    ("explain", "--picture"): _name("FILE", f"draw the tree {PICTURE}"),
    "--json": _name("FILE", "write a summary as JSON"),
    "--seed": _name("N", "random seed (default: 0)", type=int, default=0),
    "--quiet": _flag("no progress"),
    "--debug": _flag("show the Python traceback of an error"),
}
TABLE = (
    "data",
    "--target",
    "--drop",
    "--weight",
    "--separator",
    "--encoding",
    "--decimal",
    "--numeric",
    "--category",
    "--dates",
    "--missing",
    "--keep-na",
    "--drop-missing-target",
)
QUESTION = ("--model", "--set", "--objective", "--positive", "--sensitive", "--drop-sensitive", "--validation")
GENERAL = ("--json", "--seed", "--quiet", "--debug")

#: command: {group of options: options}
COMMANDS = {
    "attribute": {
        "the table": (*TABLE, "--id"),
        "the model and the objective": (*QUESTION, "--method"),
        "the output": ("--sort", "--output", *GENERAL),
    },
    "trim": {
        "the table": TABLE,
        "the model and the objective": QUESTION,
        "the trimming": ("--budget", "--strategy", "--test", "--check"),
        "the output": ("--output", "--picture", *GENERAL),
    },
    "explain": {
        "the table": TABLE,
        "the model and the objective": (*QUESTION, "--method"),
        "the output": ("--leaves", "--shrinkage", "--picture", *GENERAL),
    },
    "demo": {"the output": ("--seed", "--quiet", "--debug")},
}
