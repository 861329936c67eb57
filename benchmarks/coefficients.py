"""The rows that a coefficient depends on most: the largest ratio against the adaptive search.

LinearRegression of ten columns, a heavy-tailed error, sets of 100 rows. Wall time under the default threads, of the
whole search in both directions, the shortest of five runs by ratio and one by the adaptive search; the effect is exact
for both. Writes ``benchmarks/results/coefficients.txt``.
"""

from pathlib import Path

import numpy as np
from sklearn.linear_model import LinearRegression

from skinfluence import RescaledInfluence, most_influential_subset
from skinfluence.targets import Parameter

from . import machine
from ._measure import kept_in, shortest, timed

RESULT = Path(__file__).parent / "results" / "coefficients.txt"


def measure(n, p=10, k=100):
    """One line."""
    generator = np.random.default_rng(0)
    X = generator.standard_normal((n, p))
    y = X.sum(axis=1) + generator.standard_t(3, size=n)
    attributor = RescaledInfluence(LinearRegression(), target=Parameter(0)).fit(X, y)
    ours, ratio = shortest(lambda: most_influential_subset(attributor, k, method="ratio"), 5)
    other, adaptive = timed(lambda: most_influential_subset(attributor, k, method="adaptive"))
    line = f"n={n:8}, p={p}, k={k}: ratio {ours:7.3f} s (effect {ratio.predicted:.6f}, proved {ratio.proved})"
    line += f"   adaptive {other:7.2f} s (effect {adaptive.predicted:.6f})"
    print(f"{line}   ratio of times {other / ours:5.0f}", flush=True)


def few_rows(n=30, p=4, k=5, draws=300):
    """One line: how often the adaptive search is better where there are few rows, and by how much at most."""
    shares = []
    for seed in range(draws):
        generator = np.random.default_rng(seed)
        X, y = generator.normal(size=(n, p)), generator.standard_t(2, size=n)
        attributor = RescaledInfluence(LinearRegression(), target=Parameter(0)).fit(X, y)
        for direction in ("increase", "decrease"):
            ask = {"direction": direction}
            ratio, adaptive, auto = (
                most_influential_subset(attributor, k, method=method, **ask).predicted
                for method in ("ratio", "adaptive", "auto")
            )
            shares.append((ratio / adaptive, auto / adaptive))
    ratio, auto = np.array(shares).T
    line = f"n={n}, p={p}, k={k}, {len(shares)} searches: the adaptive search is better than ratio in"
    line += f" {(ratio < 1 - 1e-9).mean():.0%}, worst {ratio.min():.2f}, worse in {(ratio > 1 + 1e-9).mean():.0%}"
    print(f"{line}; auto at worst {auto.min():.2f}", flush=True)


def main(argv=()):
    """Run all lines and write them."""
    with kept_in(RESULT):
        for n in (1_000, 10_000, 100_000, 1_000_000):
            measure(n)
        few_rows()
        machine.main()
    return 0
