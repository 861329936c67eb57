"""``skinfluence demo``: everything once, on two real data sets that scikit-learn ships, in seconds."""

import sys
import time
from pathlib import Path

from ..outputs import Outputs
from ..pictures import check_picture, save
from ..progress import Progress
from .attribution import attribute_and_verify, explain_tree
from .trimming import trim_three_times

__all__ = ["run"]

CHAPTERS = (attribute_and_verify, explain_tree, trim_three_times)
PICTURES = ("predicted_against_actual.png", "influence_tree.png", "trimming_curves.png")


def run(arguments):
    """Tell the chapters one after another; the pictures appear in the current folder when all is done."""
    start, progress = time.perf_counter(), Progress(len(CHAPTERS), arguments.quiet)
    check_picture(PICTURES[0])
    with Outputs() as outputs:
        for name, chapter in zip(PICTURES, CHAPTERS, strict=True):
            place = outputs.claim(name)
            story, display = chapter(progress, arguments.seed)
            save(display, place, name)
            print("\n".join(story), end="\n\n")
            sys.stdout.flush()
    print(f"Done in {time.perf_counter() - start:.0f} s. Pictures:")
    for name in PICTURES:
        print(f"  {Path(name).resolve()}")
    print("Next: skinfluence trim --help, or from skinfluence import DataTrimmer")
