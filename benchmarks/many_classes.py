"""Influence on ten and sixty classes of images against the fit of the model itself.

20 000 images of MNIST (the folder of data sets is named by SKINFLUENCE_DATA), LogisticRegression at its default
tolerance, 500 evaluation rows. Sixty classes are the ten digits by how much ink they have, in sixths. Wall time under
the default threads, of the model the shortest of several fits, and the most memory that the process ever had so far.
Writes ``benchmarks/results/many_classes.txt``.
"""

import resource
import warnings
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from skinfluence import InfluenceFunctions, RescaledInfluence

from . import machine
from ._measure import kept_in, shortest, timed
from ._trimming_data import data_folder

RESULT = Path(__file__).parent / "results" / "many_classes.txt"
TEN = [(InfluenceFunctions, "auto"), (InfluenceFunctions, False), (RescaledInfluence, "auto")]


def main(argv=()):
    """Run the lines and write them."""
    with np.load(data_folder() / "mnist" / "mnist.npz") as data:
        X, digit = data["x_train"][:20_000].reshape(20_000, -1) / 255, data["y_train"][:20_000]
    ink = X.sum(axis=1)
    sixth = np.searchsorted(np.quantile(ink, np.arange(1, 6) / 6), ink)
    with kept_in(RESULT), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compare(X, digit, TEN, 3)
        compare(X, 6 * digit.astype(int) + sixth, [(InfluenceFunctions, False)], 1)
        machine.main()
    return 0


def compare(X, y, methods, repeats):
    """One line for the model, and some for each method and ``polish``."""
    fit, model = shortest(lambda: LogisticRegression(C=0.01, max_iter=200).fit(X, y), repeats)
    print(f"LogisticRegression.fit, {len(X)} x {X.shape[1]}, {len(model.classes_)} classes: {fit:.2f} s", flush=True)
    for method, polish in methods:
        first, attributor = timed(lambda: method(model, polish=polish).fit(X, y))  # noqa: B023
        second, influence = timed(lambda: attributor.attribute(X[:500], y[:500]))  # noqa: B023
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(
            f"{method.__name__}, polish={polish}: fit {first:.2f} s, attribute {second:.2f} s, "
            f"{(first + second) / fit:.1f} fits of the model, most memory {most:.2f} GiB (X {X.nbytes / 2**30:.2f})\n"
            f"  {influence.verdict}",
            flush=True,
        )
