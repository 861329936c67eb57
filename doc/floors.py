"""``.. floors-picture::``: the folders of the package on their floors, and what passes between them, as an SVG.

The floors are those that tests/test_architecture.py enforces.
"""

import ast
from collections import defaultdict
from html import escape
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive

ROOT = Path(__file__).parent.parent
WIDTH, TOP, ROW = 900, 50, 46
FLOW = (
    # x, y, width, title, second line
    (470, 60, 190, "estimator, X, y", "training rows"),
    (700, 60, 190, "target, X, y", "evaluation rows"),
    (470, 150, 190, "Model", "adapters: adapt()"),
    (700, 150, 190, "Question", "targets: ask()"),
    (470, 240, 90, "Problem", "problems"),
    (570, 240, 90, "Structure", "structures"),
    (470, 330, 420, "attributor: effects of deletions on the answers", "attributors; removal, solvers"),
    (470, 420, 420, "Influence: one value for each row or group", "influence"),
    (470, 510, 98, "trimmer", "trimming"),
    (577, 510, 98, "tree", "influence_tree"),
    (684, 510, 98, "subsets", "subsets"),
    (791, 510, 99, "displays", "displays"),
)
#: from one point to another, with what it is called
ARROWS = (
    (565, 100, 565, 150, "fit"),
    (795, 100, 795, 150, "attribute"),
    (515, 190, 515, 240, ""),
    (615, 190, 615, 240, ""),
    (515, 280, 515, 330, "optimum"),
    (615, 280, 615, 330, ""),
    (795, 190, 795, 330, ""),
    (680, 370, 680, 420, ""),
    (519, 460, 519, 510, ""),
    (626, 460, 626, 510, ""),
    (733, 460, 733, 510, ""),
    (840, 460, 840, 510, ""),
)


def floors():
    """Names of folders and files by floor, the highest first."""
    tree = ast.parse((ROOT / "tests" / "test_architecture.py").read_text(encoding="utf-8"))
    [stated] = (
        node.value for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "FLOORS"
    )
    by_floor = defaultdict(list)
    for room, floor in eval(compile(ast.Expression(stated), "FLOORS", "eval")).items():
        by_floor[floor].append(room)
    return sorted(by_floor.items(), reverse=True)


def text(x, y, words, kind=""):
    """A centred line."""
    return f'<text x="{x}" y="{y}" text-anchor="middle" class="{kind}">{escape(words)}</text>'


def box(x, y, width, title, below=""):
    """A box of one line or two."""
    yield f'<rect x="{x}" y="{y}" width="{width}" height="{40 if below else 30}" rx="4"/>'
    yield text(x + width / 2, y + (17 if below else 20), title)
    if below:
        yield text(x + width / 2, y + 32, below, "small")


def stack():
    """The floors, one above the other."""
    for number, (floor, rooms) in enumerate(floors()):
        y, width = TOP + ROW * number, 390 / len(rooms)
        yield text(12, y + 20, str(floor), "small")
        for place, room in enumerate(rooms):
            yield from box(30 + width * place, y, width - 6, room)


def picture():
    """The SVG."""
    height = max(570, TOP + ROW * len(floors()))
    lines = [f'<svg viewBox="0 0 {WIDTH} {height}" class="floors" role="img" aria-label="Floors and flow">']
    lines.append('<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" ')
    lines.append('orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>')
    lines += [text(220, 25, "Imports go down", "title"), text(680, 25, "What passes between them", "title")]
    lines += stack()
    for each in FLOW:
        lines += box(*each)
    for x, y, to_x, to_y, name in ARROWS:
        lines.append(f'<line x1="{x}" y1="{y}" x2="{to_x}" y2="{to_y}" marker-end="url(#tip)"/>')
        lines.append(f'<text x="{x + 8}" y="{(y + to_y) / 2 + 4}" class="small">{name}</text>')
    return "\n".join([*lines, "</svg>"])


class FloorsPicture(Directive):
    """The picture, where it stands."""

    def run(self):
        """A raw node."""
        return [nodes.raw("", picture(), format="html")]


def setup(app):
    """Register the directive."""
    app.add_directive("floors-picture", FloorsPicture)
    return {"parallel_read_safe": True}
