"""Pictures of predicted against actual effects of sets: figures 1 and 2 of the paper on rescaled influence.

Rubinstein and Hopkins, "Rescaled influence functions", 2025, appendix C: logistic regression without intercept on a
constant column, mean loss plus lambda/2 norm(w)^2; sets of 0.1 % to 5 % of the rows at random, alike in one feature,
alike as a whole, and random halves of the rows of largest first-order influence, either sign, on test loss and test
prediction. Effects are those on the sums of probabilities and losses of 100 test rows (50 of highest loss), and on the
loss of all training rows ("self-loss"). What differs: most of the data, refits that are converged (exact removal, see
``groups.md``), and that the penalty stays as it is when rows go, as in scikit-learn. Points beyond a frame stand on it.
Writes ``benchmarks/results/groups_figure1.png`` and ``groups_figure2.png``.
"""

import argparse
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from skinfluence import InfluenceFunctions, NewtonStep, RescaledInfluence
from skinfluence.structures import Parameters

from ._trimming_data import data_folder

RESULTS = Path(__file__).parent / "results"
METHODS = {
    "first order": (InfluenceFunctions, "#009e73"),
    "rescaled": (RescaledInfluence, "#0072b2"),
    "Newton": (NewtonStep, "#cc79a7"),
}
METRICS = ("test prediction", "test loss", "self-loss")
MARKERS = {"random": "o", "one feature": "s", "distance": "D", "influence": "^"}
RATIOS = (1, 2, 4, 8, 16, 32)
PENALTIES = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)


def effects(X, y, X_test, y_test, penalty, n_sizes, seed=0):
    """Actual and predicted effects of sets on the three metrics.

    Returns
    -------
    (kinds, actual, predicted)
        Kind of each set; (3, sets); and the same for each method.
    """
    X, X_test = (np.column_stack([features, np.ones(len(features))]) for features in (X, X_test))
    model = LogisticRegression(C=1 / (penalty * len(y)), fit_intercept=False, tol=1e-8, max_iter=5000).fit(X, y)
    attributors = {name: cls(model, polish=True).fit(X, y) for name, (cls, _) in METHODS.items()}
    exact = NewtonStep(model, n_steps=None, polish=True).fit(X, y)
    test = _test_rows(model, X_test, y_test, seed)
    asked = [(X_test[test], np.ones(len(test), dtype=int), "class_probability"), (X_test[test], y_test[test], "loss")]
    first = attributors["first order"]
    influences = [first.attribute(*rows, target=target).values for rows, target in ((q[:2], q[2]) for q in asked)]
    sets = list(_sets(X[:, :-1], y, influences, n_sizes, seed))
    questions = [exact.question(*q[:2], target=q[2]) for q in [*asked, (X, y, "loss")]]
    found = [
        _effects_of(attributor, [rows for _, rows in sets], questions) for attributor in [exact, *attributors.values()]
    ]
    return [kind for kind, _ in sets], found[0], dict(zip(METHODS, found[1:]))


def _effects_of(attributor, sets, questions):
    problem, changes = attributor.problem_, attributor.removals(sets).params_change
    moved = Parameters(problem, problem.theta[:, None] + changes.T)
    return np.array([question.change(moved, problem)[:, 0] for question in questions])


def _test_rows(model, X, y, seed):
    """The 50 rows of highest loss and 50 others at random."""
    loss = -np.log(np.maximum(model.predict_proba(X)[np.arange(len(y)), y], 1e-300))
    order = np.argsort(-loss)
    return np.append(order[:50], np.random.default_rng(seed).choice(order[50:], 50, replace=False))


def _sets(X, y, influences, n_sizes, seed):
    """(kind, rows) of seven sets of each size."""
    generator, n = np.random.default_rng(seed), len(y)
    for k in np.unique(np.round(np.linspace(0.001, 0.05, n_sizes) * n).astype(int)):
        k, centre, feature = max(k, 1), generator.integers(n), generator.integers(X.shape[1])
        yield "random", generator.choice(n, k, replace=False)
        yield "one feature", np.argsort(np.abs(X[:, feature] - X[centre, feature]), kind="stable")[:k]
        yield "distance", np.argsort(np.square(X - X[centre]).sum(axis=1), kind="stable")[:k]
        for influence in influences:
            for ranking in (np.argsort(influence), np.argsort(-influence)):
                yield "influence", generator.choice(ranking[: 2 * k], k, replace=False)


def _cifar(first, second):
    with np.load(data_folder() / "cifar10_embeddings" / "cifar10_effnet_lite0_pca64.npz") as data:
        X, y = data["x_train"].astype(float), data["y_train"]
    kept = np.isin(y, (first, second))
    return X[kept] / X[kept].std(), (y[kept] == second).astype(int)


def _digits(first, second):
    with np.load(data_folder() / "mnist" / "mnist_10k_subset.npz") as data:
        X, y = data["x"], data["y"]
    kept = np.isin(y, (first, second))
    return X[kept].reshape(kept.sum(), -1) / 255.0, (y[kept] == second).astype(int)


def _mails(n_words):
    import pandas as pd

    frame = pd.read_csv(data_folder() / "enron1_spam" / "enron1_spam.csv.xz")
    words = CountVectorizer(binary=True, max_features=n_words, min_df=5)
    return words.fit_transform(frame["text"].fillna("")).toarray().astype(float), frame["label"].to_numpy().astype(int)


def _reviews(n_words):
    from scipy.sparse import csr_matrix

    with np.load(data_folder() / "imdb" / "imdb_bow3000_50k.npz") as data:
        counts = csr_matrix((data["data"], data["indices"], data["indptr"]), shape=tuple(data["shape"]))
        y = data["y"].astype(int)
    rows = np.random.default_rng(0).permutation(len(y))[:6000]
    return np.log1p(counts[rows, :n_words].toarray().astype(float)), y[rows]


def _split(X, y, n, seed=0):
    """n training rows, and 1000 (or what is left) for testing."""
    rows = np.random.default_rng(seed).permutation(len(y))
    train, test = rows[:n], rows[n : n + 1000]
    return X[train], y[train], X[test], y[test]


def figure_of_data_sets(n_sizes):
    """Figure 1: a column for each data set, a row for each metric."""
    sets = {
        "cats and dogs\n325 x 65": (*_split(*_cifar(3, 5), 325), 1e-3),
        "cars and trucks\n325 x 65": (*_split(*_cifar(1, 9), 325), 1e-3),
        "1 and 7\n600 x 785": (*_split(*_digits(1, 7), 600), 1e-3),
        "spam\n1500 x 1201": (*_split(*_mails(1200), 1500), 1e-3),
        "film reviews\n3000 x 201": (*_split(*_reviews(200), 3000), 1e-3),
    }
    panels = {title: effects(*data, n_sizes) for title, data in sets.items()}
    return [
        [(title if row == 0 else "", row, panel) for title, panel in panels.items()] for row in range(len(METRICS))
    ], METRICS


def figure_of_sweeps(n_sizes):
    """Figure 2: self-loss, over rows for each parameter, and over the penalty with more parameters than rows."""
    X, y = _cifar(1, 9)
    ratios = [(f"n = {r} d" if r > 1 else "n = d", 2, effects(*_split(X, y, 65 * r), 1e-3, n_sizes)) for r in RATIOS]
    X, y = _digits(1, 7)
    penalties = [(f"$\\lambda$ = {p:g}", 2, effects(*_split(X, y, 600), p, n_sizes)) for p in PENALTIES]
    return [ratios, penalties], ("cars and trucks, d = 65\n$\\lambda$ = 0.001", "1 and 7, d = 785\nn = 600")


def draw(rows, names, path):
    """Scatter plots of predicted on actual effects, with the line on which they agree."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    size = (2.0 * len(rows[0]) + 0.6, 2.0 * len(rows) + 0.9)
    figure, axes = pyplot.subplots(len(rows), len(rows[0]), figsize=size, layout="constrained", squeeze=False)
    for panels, name, line in zip(rows, names, axes):
        for (title, metric, panel), ax in zip(panels, line):
            _panel(ax, title, metric, *panel)
        line[0].set_ylabel(f"{name}\n\npredicted", fontsize=8)
    for ax in axes[-1]:
        ax.set_xlabel("actual", fontsize=8)
    _legend(figure)
    figure.savefig(path, dpi=150)
    pyplot.close(figure)


def _panel(ax, title, metric, kinds, actual, predicted):
    actual, kinds = actual[metric], np.array(kinds)
    reach = 1.08 * np.abs(actual).max()
    low, high = (end if np.abs(end) > 0.05 * reach else side * 0.08 * reach for end, side in _ends(actual, reach))
    ax.plot([low, high], [low, high], color="0.4", lw=0.8, zorder=1)
    for order, (method, (_, color)) in enumerate(METHODS.items()):
        values = np.clip(predicted[method][metric], low, high)
        hollow = method == "Newton"
        fill = {"facecolor": "none" if hollow else color, "edgecolor": color if hollow else "w"}
        for kind, marker in MARKERS.items():
            own = kinds == kind
            style = {"s": 13, "lw": 0.6 if hollow else 0.3, "zorder": 2 + order, "clip_on": False}
            ax.scatter(actual[own], values[own], marker=marker, **style, **fill)
        slope = predicted[method][metric] @ actual / (actual @ actual)
        ax.text(0.04, 0.97 - 0.11 * order, f"{slope:.2f}", color=color, fontsize=8, va="top", transform=ax.transAxes)
    ax.set(xlim=(low, high), ylim=(low, high), aspect="equal")
    ax.set_title(title, fontsize=9)
    ax.tick_params(labelsize=7, length=2)
    ax.locator_params(nbins=4)
    ax.spines[["top", "right"]].set_visible(False)


def _ends(actual, reach):
    """(end, side) of the frame: symmetric where effects have both signs, else from about 0."""
    return (-reach if actual.min() < -0.05 * reach else 0.0, -1), (reach if actual.max() > 0.05 * reach else 0.0, 1)


def _legend(figure):
    from matplotlib.lines import Line2D

    methods = [
        Line2D([], [], color=color, mfc="none" if name == "Newton" else color, marker="o", ls="", ms=5, label=name)
        for name, (_, color) in METHODS.items()
    ]
    kinds = [Line2D([], [], color="0.5", marker=m, ls="", ms=4, label=kind) for kind, m in MARKERS.items()]
    for handles, title, place in (
        (methods, "prediction (number: slope of predicted on actual)", "outside lower left"),
        (kinds, "how the set was chosen", "outside lower right"),
    ):
        figure.legend(handles=handles, loc=place, ncols=4, fontsize=8, frameon=False, title=title, title_fontsize=8)


def main(argv=()):
    """Draw both figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks group_pictures", description=__doc__)
    parser.add_argument("--sizes", type=int, default=12, help="sizes of sets from 0.1 to 5 percent, seven sets each")
    arguments = parser.parse_args(list(argv))
    for name, make in (("groups_figure1", figure_of_data_sets), ("groups_figure2", figure_of_sweeps)):
        rows, names = make(arguments.sizes)
        draw(rows, names, RESULTS / f"{name}.png")
        print(f"written: {name}.png", flush=True)
    return 0
