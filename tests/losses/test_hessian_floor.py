"""What losses promise to certificates: how much of their Hessian stays on a way, how far they are from a tangent."""

import numpy as np
import pytest
from rounding import SUMS

from skinfluence import losses

CONVEX = {
    "binary": (losses.BinaryLogLoss(), 1, [0, 1]),
    "multinomial": (losses.MultinomialLogLoss(), 4, [0, 3]),
    "poisson": (losses.HalfPoissonLoss(), 1, [0.0, 3.0]),
    "poisson, identity": (losses.HalfTweedieIdentityLoss(1.0), 1, [0.5, 3.0]),
    "gamma": (losses.HalfTweedieLoss(2.0), 1, [0.5, 3.0]),
    "tweedie": (losses.HalfTweedieLoss(1.3), 1, [0.0, 3.0]),
    "one versus rest": (losses.OneVersusRestLoss(losses.BinaryLogLoss()), 3, [0, 2]),
    "one versus rest, hinge": (losses.OneVersusRestLoss(losses.SquaredHingeLoss()), 3, [0, 2]),
    "squared": (losses.HalfSquaredError(), 1, [0.0, 3.0]),
    "signs": (losses.SignedSquaredError(), 3, [0, 2]),
    "squared hinge": (losses.SquaredHingeLoss(), 1, [0, 1]),
    "modified huber": (losses.ModifiedHuberLoss(), 1, [0, 1]),
    "huber": (losses.HuberLoss(1.0), 1, [0.0, 1.0]),
    "tube": (losses.SquaredEpsilonInsensitiveLoss(0.5), 1, [0.0, 1.0]),
    "no tube": (losses.SquaredEpsilonInsensitiveLoss(0.0), 1, [0.0, 1.0]),
}
every_loss = pytest.mark.parametrize("name", CONVEX)


def rows(name, n=3000):
    """A loss, raw predictions within its domain, labels, other raw predictions near by, and radii."""
    loss, K, labels = CONVEX[name]
    generator = np.random.default_rng(0)
    raw, y = generator.normal(scale=2, size=(n, K)), generator.choice(labels, n)
    if "identity" in name:
        raw = np.exp(raw / 2)
    moved = raw + generator.normal(scale=0.3, size=(n, K)) * np.minimum(1, np.abs(raw))
    return loss, raw, y, moved, generator.uniform(0, 1, size=(n, K)) * (0.3 if "identity" in name else 1.5)


@every_loss
def test_loss_keeps_its_hessian_floor(name):
    """The mean Hessian on 30 ways a row: (l'(m + z) - l'(m)) / z, exact, for outputs that do not mix.

    For those that do it is taken by the midpoint rule on 200 points, whose error is below 1e-4 of the Hessian.
    """
    mixes = name == "multinomial"
    loss, raw, y, moved, radius = rows(name, 100 if mixes else 3000)
    floor, here = loss.hessian_floor(raw, y, moved, radius), loss.hessian(raw, y)
    assert floor.shape == (len(raw), 1 if name not in ("one versus rest", "one versus rest, hinge") else 3)
    inside = np.isfinite(floor).all(axis=1)
    assert inside.mean() > 0.5
    generator, nearest = np.random.default_rng(1), np.full(len(raw), np.inf)
    for number in range(30):
        z = radius * (generator.choice([-1, 1], radius.shape) if number < 8 else generator.uniform(-1, 1, radius.shape))
        with np.errstate(invalid="ignore"):
            if mixes:
                mean = np.mean([loss.hessian(moved + t * z, y) for t in (np.arange(200) + 0.5) / 200], axis=0)
            else:
                diagonal = (loss.gradient(moved + z, y) - loss.gradient(moved, y)) / z
                mean = diagonal[:, :, None] * np.eye(raw.shape[1])
        shrunk = floor[:, :, None] * here
        slack = np.linalg.eigvalsh(mean[inside] - shrunk[inside]).min(axis=1)
        assert (slack >= -1e-4 * np.abs(here[inside]).max(axis=(1, 2)) - 1e-9).all()
        nearest[inside] = np.minimum(nearest[inside], slack)
    # a floor of nothing would pass as well: where the loss is curved, that of the typical row is reached to 10 %
    curved = inside & (np.einsum("nkk->n", here) > 0)
    reached = nearest[curved] <= 0.1 * np.abs(here[curved]).max(axis=(1, 2))
    assert np.median(reached) == 1


@every_loss
def test_hessian_floor_of_no_way_is_all(name):
    loss, raw, y, _, radius = rows(name)
    floor = loss.hessian_floor(raw, y, raw, 0 * radius)
    np.testing.assert_allclose(floor, 1, rtol=SUMS)


def test_hessian_floor_is_stable_where_predictions_are_certain():
    raw = np.array([[-800.0], [-40.0], [40.0], [800.0]])
    for radius in (0.0, 1e-12, 1.0, 1e3):
        floor = losses.BinaryLogLoss().hessian_floor(raw, np.zeros(4), raw, np.full((4, 1), radius))
        assert (floor >= 0).all()
        assert (floor <= 1).all()
    assert losses.HalfPoissonLoss().hessian_floor(raw, np.zeros(4), raw, np.ones((4, 1))).max() < 1


@every_loss
def test_loss_stays_within_its_remainder(name):
    loss, raw, y, _, radius = rows(name, 500)
    remainder, slope = loss.remainder(raw, y, radius), loss.gradient(raw, y)
    generator = np.random.default_rng(1)
    for _ in range(20):
        z = radius * generator.uniform(-1, 1, size=radius.shape)
        with np.errstate(invalid="ignore"):
            bend = loss.value(raw + z, y) - loss.value(raw, y) - np.sum(slope * z, axis=1)
        assert (np.abs(bend[np.isfinite(remainder)]) <= remainder[np.isfinite(remainder)] + 1e-12).all()
    assert np.isfinite(remainder).mean() > 0.5


def test_losses_that_are_not_convex_state_no_floor():
    """Tweedie powers outside [1, 2] (log link), other than 1 (identity); and Huber's scale, which turns Hessians."""
    tweedies = losses.HalfTweedieLoss(3.0), losses.HalfTweedieLoss(0.0), losses.HalfTweedieIdentityLoss(1.5)
    raw, y = np.ones((2, 1)), np.ones(2)
    for loss in tweedies:
        assert loss.hessian_floor(raw, y, raw, raw) is None
        assert loss.remainder(raw, y, raw).tolist() == [np.inf, np.inf]
    pairs = np.ones((2, 2))
    assert losses.HuberScaleLoss().hessian_floor(pairs, y, pairs, pairs) is None
    # the Hessian of the first is indeed negative somewhere
    assert losses.HalfTweedieLoss(3.0).hessian(np.array([[3.0]]), np.array([1.0])).item() < 0


def test_no_way_out_of_the_domain_has_a_floor():
    loss, raw = losses.HalfTweedieIdentityLoss(1.0), np.array([[1.0], [1.0]])
    floor = loss.hessian_floor(raw, np.ones(2), raw, np.array([[0.5], [1.0]]))
    # y / raw^2 = 1 at 1, and its mean on the way from 1 to 1.5 is 1 / 1.5
    assert floor.tolist() == [[1 / 1.5], [-np.inf]]
    assert losses.HalfTweedieIdentityLoss(1.0).remainder(raw, np.ones(2), np.full((2, 1), 2.0)).tolist() == [np.inf] * 2
