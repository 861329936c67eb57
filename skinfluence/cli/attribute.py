"""``skinfluence attribute``: a table with the influence of every training row."""

import sys

import numpy as np

from .attributing import influence_of
from .errors import CommandError
from .outputs import Outputs
from .progress import Progress
from .question import read_objective, read_question
from .summary import print_facts, write_json
from .tables import format_of, write_columns

__all__ = ["run"]


def run(arguments):
    """Read, fit, attribute, write; the summary goes to standard error when the table goes to standard output."""
    _check_order(arguments)
    progress = Progress(4 if arguments.output else 3, arguments.quiet)
    with Outputs([arguments.data, arguments.validation]) as outputs:
        output = outputs.reserve(arguments.output) if arguments.output else None
        summary = outputs.reserve(arguments.json) if arguments.json else None
        with progress.step(f"reading {arguments.data}"):
            question = read_question(arguments)
        influence, facts = influence_of(question, arguments.method, progress)
        columns = _columns(question, influence, arguments)
        if output:
            with progress.step(f"writing {arguments.output}"):
                write_columns(columns, output, arguments.output)
        if summary:
            write_json({**facts, "influence": influence.values, "rows": influence.row_names}, summary)
    print_facts({**facts, "sign": influence.sign}, sys.stdout if output else sys.stderr)
    if not output:
        write_columns(columns, sys.stdout, "table.csv")


def _check_order(arguments):
    if arguments.output:
        format_of(arguments.output)
    if arguments.sort != "row" and read_objective(arguments.objective, arguments.command).greater_is_better is None:
        raise CommandError(
            f"--objective {arguments.objective} has no better direction, so no row is {arguments.sort}; use --sort row"
        )


def _columns(question, influence, arguments):
    order = np.arange(len(influence))
    if arguments.sort != "row":
        gain = influence.gain if arguments.sort == "harmful" else -influence.gain
        order = np.argsort(-gain, kind="stable")
    taken = {arguments.id}
    row, value = _free("row", taken), _free("influence", taken)
    columns = {row: influence.row_names[order]}
    if arguments.id:
        columns[arguments.id] = question.table.frame[arguments.id].to_numpy()[columns[row]]
    return {**columns, value: influence.values[order]}


def _free(name, taken):
    """The name of a column of ours, another one where the identifiers have it."""
    return f"{name}_of_skinfluence" if name in taken else name
