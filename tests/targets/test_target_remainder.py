"""How far targets may be from their tangent: no raw predictions within the radius are further."""

import numpy as np
import pytest

from skinfluence import losses
from skinfluence.targets import evaluation_rows, resolve_target
from skinfluence.targets.fairness import EqualizedOdds
from skinfluence.targets.group_means import largest_remainder

M = 40
CLASSIFIER = ("loss", "log_loss", "class_probability", "margin", "worst_group_loss")
GAPS = (
    "demographic_parity",
    "equal_opportunity",
    "equalized_odds",
    "equal_opportunity_loss",
    EqualizedOdds(agg="mean"),
)
MODELS = {
    "binary": (losses.BinaryLogLoss(), 1, 2, [*CLASSIFIER, *GAPS]),
    "softmax": (losses.MultinomialLogLoss(), 3, 3, CLASSIFIER),
    "poisson": (losses.HalfPoissonLoss(), 1, None, ["loss", "prediction", "demographic_parity", "worst_group_loss"]),
    "gamma": (losses.HalfTweedieLoss(2.0), 1, None, ["loss", "prediction"]),
    "squared": (losses.HalfSquaredError(), 2, None, ["loss", "prediction"]),
    "hinge": (losses.SquaredHingeLoss(), 1, 2, ["loss", "margin"]),
}
CASES = [(name, target) for name, (_, _, _, targets) in MODELS.items() for target in targets]


def evaluation(name, generator):
    loss, K, n_classes, _ = MODELS[name]
    y = generator.integers(0, n_classes, M) if n_classes else generator.uniform(0.5, 2, (M, K) if K > 1 else M)
    groups, weight = generator.integers(0, 3, M), generator.uniform(0, 2, M)
    weight[::7] = 0
    classes = np.arange(n_classes) if n_classes else None
    return evaluation_rows(loss, y, sample_weight=weight, sensitive_features=groups, classes=classes)


@pytest.mark.parametrize(("name", "target"), CASES)
def test_target_stays_within_its_remainder(name, target):
    """At random raw predictions and radii from 1e-3 to 1, with gaps near ties and far from them; corners included."""
    target, generator = resolve_target(target), np.random.default_rng(0)
    for scale in (1e-3, 0.1, 1.0):
        for spread in (0.0, 0.02, 1.5):
            rows, K = evaluation(name, generator), MODELS[name][1]
            raw, radius = spread * generator.normal(size=(M, K)), scale * generator.uniform(size=(M, K))
            bound, gradient, here = (
                target.remainder(raw, rows, radius),
                target.gradient(raw, rows),
                target.value(raw, rows),
            )
            assert np.isfinite(bound)
            z = radius[:, :, None] * generator.uniform(-1, 1, size=(M, K, 200))
            z[:, :, 100:] = radius[:, :, None] * np.sign(z[:, :, 100:])
            bend = target.value(raw[:, :, None] + z, rows) - here - np.einsum("mk,mkb->b", gradient, z)
            assert np.abs(bend).max() <= bound + 1e-12 * max(1, abs(here))


def test_remainder_of_a_smooth_target_is_of_second_order():
    rows = evaluation("binary", np.random.default_rng(0))
    raw = np.random.default_rng(1).normal(size=(M, 1))
    for name in ("class_probability", "demographic_parity"):
        far, near = (resolve_target(name).remainder(raw, rows, np.full((M, 1), r)) for r in (1e-3, 1e-4))
        assert near == pytest.approx(far / 100, rel=1e-2)


def test_largest_remainder_counts_who_may_overtake():
    values, slopes, remainders = np.array([1.0, 0.9]), np.array([0.02, 0.03]), np.array([0.001, 0.002])
    # 0.9 + 0.03 + 0.002 stays below 1 - 0.02: nobody overtakes
    assert largest_remainder(values, slopes, remainders) == 0.001
    # 0.9 + 0.3 + 0.002 may stand over a tangent that has come down to 1 - 0.2
    assert largest_remainder(values, 10 * slopes, remainders) == pytest.approx(0.402)


def test_a_target_that_states_nothing_has_no_bound():
    rows = evaluation("binary", np.random.default_rng(0))
    raw = np.zeros((M, 1))
    assert resolve_target("accuracy").remainder(raw, rows, raw) == np.inf
