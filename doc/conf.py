"""Settings of the documentation: ``sphinx-build -W doc doc/_build``. It needs no network."""

import re
import sys
import warnings
from pathlib import Path

import skinfluence

sys.path.insert(0, str(Path(__file__).parent))  # floors.py, mathml.py, reading_order.py, tables.py

project = "skinfluence"
author = "the skinfluence developers"
version = release = skinfluence.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "floors",
    "mathml",
    "tables",
]
exclude_patterns = ["_build", "_templates"]
templates_path = ["_templates"]
# a build without network has no inventories of other projects to link to
intersphinx_mapping = {}

autosummary_generate = True
autodoc_typehints = "none"
autodoc_member_order = "bysource"
# members are documented by autodoc, inherited ones included
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"/plot_",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_signature": False,
    "write_computation_times": False,
    "within_subsection_order": "reading_order.ReadingOrder",
}
# pictures are drawn to files, not to a window
warnings.filterwarnings("ignore", category=UserWarning, message=".*non-interactive.*")

html_math_renderer = "mathml"
html_theme = "pydata_sphinx_theme"
html_static_path = ["_static"]
html_css_files = ["skinfluence.css"]
html_title = "skinfluence"
html_show_sourcelink = False
html_theme_options = {
    "show_prev_next": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
# pages without a section of their own
ALONE = ("quickstart", "signs_and_units", "architecture", "extending", "design_notes", "references")
html_sidebars = {page: [] for page in ALONE}


def _skip_foreign_members(app, what, name, member, skip, options):
    """Leave what scikit-learn documents (set_params, set_fit_request, ...) to scikit-learn."""
    function = getattr(member, "fget", None) or getattr(member, "__func__", member)
    if callable(function) and not (getattr(function, "__module__", None) or "").startswith("skinfluence"):
        return True
    return None


def _escape_mathematics(app, what, name, thing, options, lines):
    """Let docstrings write (m, *candidates) and |w|^2 as mathematics does, without a mark-up for print."""
    for number, line in enumerate(lines):
        line = re.sub(r"(?<![\\`*\w])\*(?=candidates)", r"\\*", line)
        lines[number] = re.sub(r"\|([^\s|]+)\|", r"\\|\1\\|", line)


def setup(app):
    """Hooks of this file."""
    app.connect("autodoc-process-docstring", _escape_mathematics)
    app.connect("autodoc-skip-member", _skip_foreign_members)
