"""``skinfluence demo``: attribution, tree and trimming on two data sets of scikit-learn, in seconds."""

import sys
import time
from pathlib import Path

from ..outputs import Outputs
from ..pictures import check_picture, save
from ..progress import Progress
from .attribution import attribute_and_verify, explain_tree
from .trimming import trim_three_times

__all__ = ["run"]

PARTS = (attribute_and_verify, explain_tree, trim_three_times)
PICTURES = ("predicted_against_actual.png", "influence_tree.png", "trimming_curves.png")


def run(arguments):
    """Print the parts one after another; the pictures are written to the current folder at the end."""
    start, progress = time.perf_counter(), Progress(len(PARTS), arguments.quiet)
    check_picture(PICTURES[0])
    with Outputs() as outputs:
        for name, part in zip(PICTURES, PARTS, strict=True):
            path = outputs.reserve(name)
            lines, display = part(progress, arguments.seed)
            save(display, path, name)
            print("\n".join(lines), end="\n\n")
            sys.stdout.flush()
    print(f"Done in {time.perf_counter() - start:.0f} s. Pictures:")
    for name in PICTURES:
        print(f"  {Path(name).resolve()}")
    print("Next: skinfluence trim --help, or from skinfluence import DataTrimmer")
