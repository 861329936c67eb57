"""Influence of a member of the karate club on the loss of a pair: ten seeds, beside retraining against retraining.

``python -m benchmarks karate [n_seeds]``. The embedding of ``examples/plot_karate_club.py``, trained to the end. With
expected counts of walks there is one answer; with 1 000 sampled walks a member, as in the paper, every seed has walks
of its own, for each of the 35 trainings, and a start of its own. The measure is the mean over pairs of the correlation
over members outside the pair, those cut off by a deletion left out.
"""

import numpy as np
from scipy.optimize import minimize

from skinfluence import PresenceLoss, VersatileInfluence

from . import machine

LENGTH, WINDOW, N_WALKS, DECAY, GTOL = 6, 3, 1000, 0.05, 1e-6


def club():
    """Who is whose friend, (34, 34)."""
    import networkx as nx

    return nx.to_numpy_array(nx.karate_club_graph(), weight=None)


def steps(friends, presence):
    """Probabilities of one step of a walk, and who can be on one."""
    graph = friends * np.outer(presence, presence)
    degree = graph.sum(axis=1)
    return graph / np.where(degree > 0, degree, 1)[:, None], degree > 0


def gaps():
    """Stops of a walk that are near each other: the first, and how many later the other."""
    return [(i, gap) for i in range(LENGTH) for gap in range(1, WINDOW + 1) if i + gap < LENGTH]


def expected_counts(friends, presence):
    """Pairs that meet on one walk from each member, on average."""
    step, there = steps(friends, presence)
    powers = [np.linalg.matrix_power(step, k) for k in range(LENGTH)]
    counts = sum((there @ powers[i])[:, None] * powers[gap] for i, gap in gaps())
    return counts + counts.T


def sampled_counts(friends, presence, generator):
    """The same, as the mean of N_WALKS walks from each member."""
    step, there = steps(friends, presence)
    total, stops = np.cumsum(step, axis=1), [np.repeat(np.flatnonzero(there), N_WALKS)]
    for _ in range(LENGTH - 1):
        drawn = generator.random((len(stops[-1]), 1))
        stops.append(np.argmax(total[stops[-1]] > drawn, axis=1))
    counts = np.zeros(friends.shape)
    for i, gap in gaps():
        np.add.at(counts, (stops[i], stops[i + gap]), 1 / N_WALKS)
    return counts + counts.T


def training_loss(numpy, theta, counts):
    """The loss on given counts, for NumPy and autograd alike."""
    own, context = numpy.reshape(theta, (2, len(counts), 2))
    scores = numpy.dot(own, context.T)
    totals = numpy.log(numpy.dot(numpy.exp(scores), (counts.sum(axis=0) > 0) * 1.0))
    return numpy.sum(counts.sum(axis=1) * totals) - numpy.sum(counts * scores) + DECAY / 2 * numpy.sum(theta**2)


def trained(counts, start):
    """Parameters at the minimum, from a start."""

    def value_and_gradient(theta):
        own, context = np.reshape(theta, (2, len(counts), 2))
        weights = np.exp(own @ context.T) * (counts.sum(axis=0) > 0)
        pull = counts.sum(axis=1, keepdims=True) * weights / weights.sum(axis=1, keepdims=True) - counts
        gradient = np.concatenate([(pull @ context).ravel(), (pull.T @ own).ravel()])
        return training_loss(np, theta, counts), gradient + DECAY * theta

    options = {"maxiter": 10_000, "maxfun": 20_000, "maxcor": 40, "ftol": 0, "gtol": GTOL}
    return minimize(value_and_gradient, start, jac=True, method="L-BFGS-B", options=options).x


def pair_losses(theta, counts):
    """Contrastive loss of every pair, (34, 34); nan for members on no walk."""
    own, context = np.reshape(theta, (2, len(counts), 2))
    scores, there = own @ context.T, counts.sum(axis=0) > 0
    losses = np.log(np.exp(scores) @ there)[:, None] - scores
    return np.where(np.outer(there, there), losses, np.nan)


def rotation(theta, presence):
    """The direction in which all vectors turn, and no score changes."""
    return np.reshape(theta, (-1, 2))[:, ::-1] * np.array([1.0, -1.0])


def both_sides(friends, count, generator):
    """Predicted, direct and actual effects of each member on each pair, (34, 34, 34)."""
    import autograd.numpy

    n, cache = len(friends), {}

    def counts_of(presence):
        key = tuple(presence)
        if key not in cache:
            cache[key] = count(friends, presence)
        return cache[key]

    presences = 1 - np.eye(n)
    everyone = counts_of(np.ones(n))
    theta = trained(everyone, generator.uniform(size=4 * n))
    before = pair_losses(theta, everyone)
    model = PresenceLoss(
        lambda theta, b: training_loss(autograd.numpy, theta, counts_of(b)), theta, n, null_directions=rotation
    )
    attributor = VersatileInfluence(model).fit()
    changes = attributor.removals([[i] for i in range(n)]).params_change
    theta = attributor.problem_.theta
    predicted = [pair_losses(theta + change, counts_of(b)) for change, b in zip(changes, presences, strict=True)]
    direct = [pair_losses(theta, counts_of(b)) for b in presences]
    refits = [pair_losses(trained(counts_of(b), generator.uniform(size=4 * n)), counts_of(b)) for b in presences]
    return [np.stack(side) - before for side in (predicted, direct, refits)]


def correlation(one, other):
    """Mean over pairs of the correlation over members outside the pair."""
    n, values = len(one), []
    for u, v in np.ndindex(n, n):
        rows = np.isfinite(one[:, u, v]) & np.isfinite(other[:, u, v])
        rows[[u, v]] = False
        if u != v:
            values.append(np.corrcoef(one[rows, u, v], other[rows, u, v])[0, 1])
    return np.mean(values)


def spread(values):
    """Mean and range."""
    return f"{np.mean(values):.3f} ({np.min(values):.3f} to {np.max(values):.3f})"


def main(argv=()):
    """Print the comparison."""
    friends, n_seeds = club(), int(argv[0]) if argv else 10
    predicted, direct, actual = both_sides(friends, expected_counts, np.random.default_rng(0))
    print(f"expected walks: VIF against retraining {correlation(predicted, actual):.3f}", flush=True)
    print(f"  direct effect alone {correlation(direct, actual):.3f}")
    predictions, refits = [], []
    for seed in range(n_seeds):
        generator = np.random.default_rng(seed)
        one, _, other = both_sides(friends, lambda A, b, g=generator: sampled_counts(A, b, g), generator)
        predictions.append(one)
        refits.append(other)
    pairs = [(seed, (seed + 1) % n_seeds) for seed in range(n_seeds)]
    vif = [correlation(predictions[s], refits[t]) for s, t in pairs]
    ceiling = [correlation(refits[s], refits[t]) for s, t in pairs]
    of_expected = [correlation(predicted, refit) for refit in refits]
    print(f"sampled walks, {n_seeds} seeds, each against the next one:")
    print(f"  VIF against retraining {spread(vif)}")
    print(f"  retraining against retraining {spread(ceiling)}")
    print(f"  VIF of expected walks against retraining {spread(of_expected)}")
    machine.main()
