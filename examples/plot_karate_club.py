"""
The influence of members of a network
=====================================

Zachary's karate club: 34 members, 78 friendships. An embedding gives every member two vectors in the plane, such that
members who meet on random walks have high scores with each other (DeepWalk). The loss has no term for a single member:
without a member there are other walks, and every softmax has one term less. How would the embedding of two members
change without a third one?
"""

# %%
# The loss is a function of the parameters and of which members are present; nothing else is needed. Walks start at
# every member, have six stops, and count the pairs that are at most three stops apart. We use the *expected* counts, of
# infinitely many walks, so that training does not depend on random draws. A member without neighbours is on no walk.
# The weight decay keeps vectors finite when the graph is no longer connected.

import warnings
from functools import cache

import autograd.numpy as np
import matplotlib.pyplot as plt
import networkx as nx
from autograd import grad
from scipy.optimize import minimize

from skinfluence import PresenceLoss, VersatileInfluence
from skinfluence.targets import ThetaFunction

club = nx.karate_club_graph()
friends, n = nx.to_numpy_array(club, weight=None), len(club)
LENGTH, WINDOW, DECAY = 6, 3, 0.05


@cache
def counts_of(members):
    """Expected number of times that two members meet on walks through the given members."""
    there = np.array(members)
    graph = friends * np.outer(there, there)
    degree = graph.sum(axis=1)
    step = graph / np.where(degree > 0, degree, 1)[:, None]
    steps = [np.linalg.matrix_power(step, k) for k in range(LENGTH)]
    at = [(degree > 0) @ power for power in steps]
    pairs = [(i, gap) for i in range(LENGTH) for gap in range(1, WINDOW + 1) if i + gap < LENGTH]
    one_way = sum(at[i][:, None] * steps[gap] for i, gap in pairs)
    return one_way + one_way.T


def walk_counts(presence):
    return counts_of(tuple(presence))


def scores(theta):
    """Score of each member as the context of each other one, (n, n)."""
    own, context = np.reshape(theta, (2, n, 2))
    return np.dot(own, context.T)


def softmax_totals(theta, presence):
    """Logarithm of the total that each member's softmax divides by: over those who are on a walk."""
    on_a_walk = (walk_counts(presence).sum(axis=0) > 0) * 1.0
    return np.log(np.dot(np.exp(scores(theta)), on_a_walk))


def loss(theta, presence):
    """Cross-entropy of the pairs that meet, and weight decay."""
    counts = walk_counts(presence)
    fit = np.sum(counts.sum(axis=1) * softmax_totals(theta, presence)) - np.sum(counts * scores(theta))
    return fit + DECAY / 2 * np.sum(theta**2)


def train(presence, start, gtol=1e-6):
    options = {"maxiter": 5000, "maxcor": 40, "ftol": 0, "gtol": gtol}
    return minimize(loss, start, args=(presence,), jac=grad(loss), method="L-BFGS-B", options=options).x


everyone = np.ones(n)
theta = train(everyone, np.random.RandomState(0).uniform(size=4 * n))

# %%
# **Flat directions.** A rotation of all vectors by the same angle does not change the scores: the loss is flat in that
# direction, its Hessian is singular, and the change of the parameters is not unique. Without weight decay there are six
# such directions (any invertible map of the plane and its inverse on the other side, and one vector added to all
# contexts). The scores do not depend on them, so that influence is well defined in their complement. We declare them:


def rotation(theta, presence):
    """The direction in which all vectors turn."""
    return np.reshape(theta, (-1, 2))[:, ::-1] * np.array([1.0, -1.0])


model = PresenceLoss(loss, theta, n_objects=n, null_directions=rotation)
attributor = VersatileInfluence(model, evaluation="moved").fit()
print(attributor.verdict_)

# %%
# **The influence of a member on a pair.** The target is the pair's contrastive loss. It changes in two ways without a
# member: the parameters change, and the softmax has one term less. ``of_presence=True`` says that the target depends on
# which members are present, so that both are included.


def pair_loss(u, v):
    return ThetaFunction(
        lambda theta, presence: softmax_totals(theta, presence)[u] - scores(theta)[u, v],
        of_presence=True,
        name=f"contrastive loss of members {u} and {v}",
    )


PAIRS = [(12, 10), (15, 13)]
influence = {pair: attributor.attribute(target=pair_loss(*pair)) for pair in PAIRS}
print(influence[12, 10])

# %%
# To compare, we train the embedding 34 times, each time without one member.


def without(member):
    presence = np.ones(n)
    presence[member] = 0
    return presence


retrained = [train(without(member), theta) for member in range(n)]


def actual_effects(pair):
    f = pair_loss(*pair).function
    return np.array([f(retrained[i], without(i)) for i in range(n)]) - f(theta, everyone)


actual = {pair: actual_effects(pair) for pair in PAIRS}
others = {pair: np.setdiff1d(np.arange(n), pair) for pair in PAIRS}
for pair, rows in others.items():
    correlation = np.corrcoef(influence[pair].values[rows], actual[pair][rows])[0, 1]
    print(f"pair {pair}: correlation with retraining {correlation:.2f} over the {len(rows)} members outside the pair")

# %%
# On the left, the effect of each member on the pair (12, 10): without a blue member the loss of the pair is higher,
# without a red one it is lower. Then predicted against actual effects for this pair and another one. Member 0, who is
# on the walks from 12 to 10, has the largest effect, as has member 33 between 15 and 13. The prediction of the largest
# effects is too small, since it is one step towards a distant embedding: their order is right, their size is not.

places = nx.spring_layout(club, seed=5, iterations=200)
figure, (graph, *panels) = plt.subplots(1, 3, figsize=(14, 4.6), width_ratios=[1.4, 1, 1], layout="constrained")
shown, pair = influence[12, 10].values.copy(), (12, 10)
shown[list(pair)] = 0
limit = np.sort(np.abs(shown))[-2]
nx.draw_networkx_edges(club, places, ax=graph, edge_color="0.8")
circles = nx.draw_networkx_nodes(
    club, places, ax=graph, node_color=shown, cmap="RdBu", vmin=-limit, vmax=limit, node_size=260, edgecolors="0.4"
)
nx.draw_networkx_nodes(
    club, places, nodelist=pair, ax=graph, node_color="white", edgecolors="black", linewidths=2, node_size=260
)
dark = np.abs(shown) > 0.6 * limit
for ink, members in (("white", np.flatnonzero(dark)), ("black", np.flatnonzero(~dark))):
    nx.draw_networkx_labels(club.subgraph(members), places, ax=graph, font_size=8, font_color=ink)
graph.set_title("Effect of each member on the pair (12, 10)")
graph.set_frame_on(False)
figure.colorbar(circles, ax=graph, label="change of the pair's loss without the member", extend="max", shrink=0.8)
for axes, pair in zip(panels, PAIRS, strict=True):
    rows = others[pair]
    predicted, measured = influence[pair].values[rows], actual[pair][rows]
    end = 1.5 * max(np.abs(predicted).max(), np.abs(measured).max())
    axes.plot([-end, end], [-end, end], color="0.8", zorder=0)
    axes.scatter(predicted, measured, s=18)
    for rank, k in enumerate(np.argsort(-np.abs(measured))[:6]):
        left = {"xytext": (-5, -3), "ha": "right"} if rank % 2 else {"xytext": (5, -3)}
        axes.annotate(str(rows[k]), (predicted[k], measured[k]), textcoords="offset points", **left)
    # linear up to 0.1, logarithmic beyond: one member matters much more than all others
    axes.set_xscale("symlog", linthresh=0.1)
    axes.set_yscale("symlog", linthresh=0.1)
    ticks = [-1, -0.1, 0, 0.1, 1]
    axes.set_xticks(ticks, ticks)
    axes.set_yticks(ticks, ticks)
    axes.set(xlim=(-end, end), ylim=(-end, end), aspect="equal")
    axes.set(title=f"Pair {pair}", xlabel="predicted by VIF", ylabel="retrained without the member")
plt.show()

# %%
# **An embedding that was not trained to convergence** is not at a minimum: its Hessian has negative eigenvalues, and a
# Newton step from there has no meaning. The verdict says so. With damping the step is well defined, and the verdict
# says how many eigenvalues it covers; but the result is not a prediction of a retraining.

warnings.simplefilter("ignore")  # the verdicts below say the same
early = train(everyone, np.random.RandomState(0).uniform(size=4 * n), gtol=5.0)
unfinished = PresenceLoss(loss, early, n_objects=n, null_directions=rotation)
for damping in (0, 0.1):
    attributor = VersatileInfluence(unfinished, polish=False, damping=damping).fit()
    values = attributor.attribute(target=pair_loss(12, 10)).values
    correlation = np.corrcoef(values[others[12, 10]], actual[12, 10][others[12, 10]])[0, 1]
    print(f"damping {damping}: correlation {correlation:.2f}\n  {attributor.verdict_}")

# %%
# **Accuracy.** Over all pairs of members the correlation with retraining is 0.80 on average. Real walks are
# drawn at random, 1 000 from each member, again for each training: then the prediction from one seed and the retraining
# of another correlate by 0.79 (0.76 to 0.82 over ten seeds), and two retrainings of different seeds by 0.91, which is
# an upper limit for any prediction. The paper reports 0.41 and 0.42, for embeddings that were not trained to
# convergence. Without the declared rotation 0.79 would be 0.45, with values between 0.16 and 0.81: rounding errors
# determine the angle of the rotation, and a large step along its tangent is not a rotation.
# ``python -m benchmarks karate`` computes these numbers.
