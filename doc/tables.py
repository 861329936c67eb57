"""Tables that are read from the package, or from a benchmark's report, when the pages are built: they cannot drift.

``.. generated-table:: NAME`` where NAME is ``targets``, ``models`` or ``report FILE`` (the table in a Markdown file).
"""

from itertools import dropwhile, takewhile
from pathlib import Path

from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from skinfluence.adapters import RULES, Refusal
from skinfluence.targets import is_additive, is_of_theta, resolve_target, target_names

ROOT = Path(__file__).parent.parent
DIRECTION = {True: "more is better", False: "less is better", None: "none"}


def targets():
    """Facts that the targets state of themselves."""
    yield "name", "unit", "direction", "sum over rows", "needs"
    for name in target_names():
        target = resolve_target(name)
        needs = "``sensitive_features``" if target.needs_groups else "no rows" if is_of_theta(target) else ""
        link = f":class:`~skinfluence.targets.{type(target).__name__}`"
        additive = "yes" if is_additive(target) else "no"
        yield f"``{name}``, {link}", target.unit, DIRECTION[target.greater_is_better], additive, needs


def models():
    """Estimators by rule, with the first line of its docstring."""
    yield "estimators", "treatment"
    private = {"OneVersusRest"}
    for rule in RULES:
        names = rule.shown or {each.__name__ for each in rule.estimators} - private
        if names and not isinstance(rule, Refusal):
            yield ", ".join(f"``{name}``" for name in sorted(names)), type(rule).__doc__.splitlines()[0]


def report(path):
    """The first table of a Markdown file, or how to make it where it has not been made yet."""
    if not (ROOT / path).exists():
        yield ("not measured yet",)
        yield (f"``python -m benchmarks {Path(path).stem}``",)
        return
    lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
    lines = list(takewhile(is_row, dropwhile(lambda line: not is_row(line), lines)))
    for line in lines[:1] + lines[2:]:
        yield [cell.strip() for cell in line.strip("|").split("|")]


def is_row(line):
    """Whether a line of Markdown belongs to a table."""
    return line.startswith("|")


class GeneratedTable(SphinxDirective):
    """A list-table made from rows of cells."""

    required_arguments = 1
    optional_arguments = 1

    def run(self):
        """The table's nodes."""
        name, *arguments = self.arguments
        if arguments:
            self.env.note_dependency(str(ROOT / arguments[0]))
        rows = {"targets": targets, "models": models, "report": report}[name](*arguments)
        lines = [".. list-table::", "   :header-rows: 1", "   :class: wide", ""]
        for row in rows:
            lines += [f"   {'-' if k else '* -'} {cell}".replace("   -", "     -") for k, cell in enumerate(row)]
        return self.parse_text_to_nodes(StringList(lines, source=name))


def setup(app):
    """Register the directive."""
    app.add_directive("generated-table", GeneratedTable)
    return {"parallel_read_safe": True}
