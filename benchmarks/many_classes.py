"""Influence on ten classes of images: conjugate gradients against the fit of the model itself.

20 000 images of MNIST (the folder of data sets is named by SKINFLUENCE_DATA), LogisticRegression at its default
tolerance, 500 evaluation rows. Wall time under the default threads, of the model the shortest of three fits, and the
most memory that the process ever had. Writes ``benchmarks/results/many_classes.txt``.
"""

import resource
import warnings
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from skinfluence import InfluenceFunctions

from . import machine
from ._measure import kept_in, shortest, timed
from ._trimming_data import data_folder

RESULT = Path(__file__).parent / "results" / "many_classes.txt"


def main(argv=()):
    """Run the lines and write them."""
    with np.load(data_folder() / "mnist" / "mnist.npz") as data:
        X, y = data["x_train"][:20_000].reshape(20_000, -1) / 255, data["y_train"][:20_000]
    with kept_in(RESULT):
        fit, model = shortest(lambda: LogisticRegression(C=0.01, max_iter=200).fit(X, y), 3)
        print(f"LogisticRegression.fit, {len(X)} x {X.shape[1]}, 10 classes: {fit:.2f} s", flush=True)
        for polish in ("auto", False):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                make = InfluenceFunctions(model, solver="cg", polish=polish)
                first, attributor = timed(lambda m=make: m.fit(X, y))
                second, influence = timed(lambda a=attributor: a.attribute(X[:500], y[:500]))
            total = first + second
            print(f"InfluenceFunctions, cg, polish={polish}: fit {first:.2f} s, attribute {second:.2f} s", end="   ")
            print(f"{total / fit:.1f} fits of the model\n  {influence.verdict}", flush=True)
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"most memory: {most:.2f} GiB, X {X.nbytes / 2**30:.2f} GiB", flush=True)
        machine.main()
    return 0
