"""Influence of an item on the ListMLE loss of test queries: against retraining to the end, and its time.

``python -m benchmarks ranking [n_items] [n_queries]`` on Delicious (its 100 most frequent tags) and bibtex (159
labels), where they are (SKINFLUENCE_DATA says where): at most 5 000 training queries, 8 components, weight decay 5e-4
beside the mean loss as in the paper. Retraining drops the item's column and minimises the loss of the others from zero
by L-BFGS. The measure is the paper's: for each test query the correlation over removed items, averaged over queries.
The direct effect, which needs no retraining, is part of what is predicted; the last line is what is left without it.
"""

from time import perf_counter

import numpy as np
from scipy import sparse
from scipy.optimize import minimize
from sklearn.decomposition import TruncatedSVD

from skinfluence import ListMLERanker, VersatileInfluence
from skinfluence.losses import ListMLELoss
from skinfluence.losses.list_mle import list_parts
from skinfluence.operators import Design

from . import machine
from ._trimming_data import data_folder

DECAY, N_COMPONENTS, MOST_QUERIES = 5e-4, 8, 5000
#: name: labels that are kept, the most frequent ones; None for all
SETS = {"delicious": 100, "bibtex": None}


def load(name, n_labels):
    """Queries and their lists, training and test."""
    parts = np.load(data_folder() / name / f"{name}.npz")
    X, Y = (
        sparse.csr_array((data, parts[f"{x}_indices"], parts[f"{x}_indptr"]), shape=tuple(parts[f"{x}_shape"]))
        for x, data in (("x", parts["x_data"].astype(float)), ("y", np.ones(len(parts["y_indices"]))))
    )
    n_train = int(parts["n_train"])
    X = TruncatedSVD(N_COMPONENTS, random_state=0).fit(X[:n_train]).transform(X)
    if n_labels is not None:
        frequent = np.argsort(-Y[:n_train].sum(axis=0), kind="stable")[:n_labels]
        Y = Y[:, np.sort(frequent)]
    lists = [np.sort(Y.indices[start:end]) for start, end in zip(Y.indptr[:-1], Y.indptr[1:], strict=True)]
    kept = np.flatnonzero([len(one) > 0 for one in lists])
    train, test = kept[kept < n_train][:MOST_QUERIES], kept[kept >= n_train]
    return Y.shape[1], *((X[rows], [lists[row] for row in rows]) for rows in (train, test))


def filled(lists, K, without=None):
    """Lists as an array; one item less, in the numbering of the others."""
    position = np.arange(K)
    if without is not None:
        position = position - (position > without)
        lists = [one[one != without] for one in lists]
    y = np.full((len(lists), max(map(len, lists))), -1)
    for row, one in zip(y, lists, strict=True):
        row[: len(one)] = position[one]
    return y


def train(X, y, K):
    """Coefficients and intercepts by L-BFGS from zero, and the largest entry of the mean gradient at the end."""
    design, n = Design(X, K), len(X)

    def mean_loss(theta):
        raw = design.raw(theta)
        # value and gradient of ListMLELoss at once, so that retraining is no slower than it need be
        parts = list_parts(raw, y)
        cotangents = np.exp(raw + np.take_along_axis(parts.until(1), parts.position, axis=1)) - (
            parts.position < y.shape[1]
        )
        value = np.logaddexp(0, parts.margins).sum() / n + DECAY * theta @ theta / 2
        return value, design.vjp(cotangents[:, :, None])[:, 0] / n + DECAY * theta

    options = {"maxiter": 20_000, "maxfun": 50_000, "ftol": 0, "gtol": 1e-7}
    end = minimize(mean_loss, np.zeros(design.n_parameters), jac=True, method="L-BFGS-B", options=options)
    return *design.split(end.x), np.abs(end.jac).max()


def retrained_losses(train_set, test_set, K, item):
    """Losses of the test queries, from a model that has never seen the item."""
    X, lists = train_set
    coef, intercept, left = train(X, filled(lists, K, item), K - 1)
    X, lists = test_set
    return ListMLELoss().value(X @ coef.T + intercept, filled(lists, K, item)), left


def compare(name, n_labels, n_items, n_queries):
    """Both sides on one data set; lines of the report."""
    K, train_set, (X_test, y_test) = load(name, n_labels)
    test_set = X_test[:n_queries], y_test[:n_queries]
    X, lists = train_set
    start = perf_counter()
    coef, intercept, left = train(X, filled(lists, K), K)
    seconds = perf_counter() - start
    size = f"{len(X)} queries, {K} items, {coef.size + K} parameters"
    yield f"{name}: {size}; training {seconds:.1f} s, gradient {left:.0e}"
    ranker = ListMLERanker(coef, intercept, alpha=DECAY * len(X), penalize_intercept=True)
    predictions, times = {}, {}
    for evaluation in ("linear", "moved"):
        start = perf_counter()
        attributor = VersatileInfluence(ranker, evaluation=evaluation).fit(X, lists)
        predictions[evaluation] = attributor.attribute(*test_set, aggregate=False).values
        times[evaluation] = perf_counter() - start
    loss, raw = ListMLELoss(), test_set[0] @ coef.T + intercept
    before = loss.value(raw, filled(test_set[1], K))
    items = np.sort(np.random.default_rng(0).choice(K, min(n_items, K), replace=False))
    start = perf_counter()
    retrained = [retrained_losses(train_set, test_set, K, item) for item in items]
    each = (perf_counter() - start) / len(items)
    actual = np.stack([losses for losses, _ in retrained]) - before
    direct = np.stack([loss.value(np.delete(raw, item, axis=1), filled(test_set[1], K, item)) for item in items])
    direct -= before
    yield f"  retraining {each:.1f} s an item ({len(items)} done, gradient {max(end for _, end in retrained):.0e})"
    for evaluation, values in predictions.items():
        ratio = each * K / times[evaluation]
        time = f"all {K} items in {times[evaluation]:.1f} s, {ratio:.0f} times"
        yield f"  VIF, {evaluation}: {report(values[items], actual)}; {time}"
    yield f"  direct effect alone: {report(direct, actual)}"
    parameters = report(predictions["linear"][items] - direct, actual - direct)
    yield f"  VIF, linear, less the direct effect, against retraining less it: {parameters}"


def report(predicted, actual):
    """Mean over queries of the correlation over items, and that of all numbers."""
    each = [np.corrcoef(one, other)[0, 1] for one, other in zip(predicted.T, actual.T, strict=True) if one.any()]
    return f"Pearson {np.mean(each):.4f} (all pairs {np.corrcoef(predicted.ravel(), actual.ravel())[0, 1]:.4f})"


def main(argv=()):
    """Print the comparison."""
    n_items, n_queries = (int(value) for value in [*argv, *("12", "500")[len(argv) :]])
    for name, n_labels in SETS.items():
        try:
            for line in compare(name, n_labels, n_items, n_queries):
                print(line, flush=True)
        except OSError as error:
            print(f"{name}: absent ({error})")
    machine.main()
