"""Formulas as MathML, which browsers draw by themselves: pages show them without scripts and without a network.

Docutils translates LaTeX. A formula that it does not know, or gets wrong, fails the build.
"""

import re

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.errors import ExtensionError

#: Docutils sets the index of a letter with an accent below the letter
ACCENT_AND_INDEX = re.compile(r"\\(hat|tilde|bar)\s*(\\[a-zA-Z]+|\{[^{}]*\}|[a-zA-Z])\s*[_^]")


def translate(latex, as_block=False):
    """The ``<math>`` element of a formula."""
    if ACCENT_AND_INDEX.search(latex):
        raise ExtensionError(f"no MathML for an accent with an index, in the formula {latex!r}")
    try:
        return tex2mathml(latex, as_block=as_block)
    except MathError as error:
        raise ExtensionError(f"no MathML for the formula {latex!r}: {error}") from error


def draw(writer, node):
    """Write a formula into its line."""
    writer.body.append(translate(node.astext()))
    raise nodes.SkipNode


def draw_block(writer, node):
    """Write a formula on lines of its own."""
    writer.body.append(writer.starttag(node, "div", CLASS="math"))
    writer.body.append(translate(node.astext(), as_block=True))
    writer.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app):
    """Register the renderer."""
    app.add_html_math_renderer("mathml", (draw, None), (draw_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
