"""Laws of every pointwise loss: derivatives, candidates, responses, large raw predictions."""

import numpy as np
import pytest
from fair import one_in
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from rounding import FORMULA, FUNCTION, SUMS
from scipy.special import expit
from sklearn.metrics import log_loss, mean_poisson_deviance, mean_squared_error, mean_tweedie_deviance

import skinfluence.losses
from skinfluence.losses import (
    BinaryLogLoss,
    EpsilonInsensitiveLoss,
    HalfPoissonLoss,
    HalfSquaredError,
    HalfTweedieIdentityLoss,
    HalfTweedieLoss,
    HingeLoss,
    HuberLoss,
    HuberScaleLoss,
    ListMLELoss,
    Loss,
    ModifiedHuberLoss,
    MulticlassHingeLoss,
    MultinomialLogLoss,
    OneVersusRestLoss,
    SignedSquaredError,
    SquaredEpsilonInsensitiveLoss,
    SquaredHingeLoss,
)

#: a new loss must be entered here, once for each of its kinds
LOSSES = {
    "BinaryLogLoss": BinaryLogLoss(),
    "EpsilonInsensitiveLoss": EpsilonInsensitiveLoss(epsilon=0.7),
    "HalfPoissonLoss": HalfPoissonLoss(),
    "HalfSquaredError": HalfSquaredError(),
    "HingeLoss": HingeLoss(),
    "HuberLoss": HuberLoss(epsilon=0.7),
    "HuberScaleLoss": HuberScaleLoss(epsilon=0.7),
    "ListMLELoss": ListMLELoss(),
    "ModifiedHuberLoss": ModifiedHuberLoss(),
    "MulticlassHingeLoss": MulticlassHingeLoss(),
    "MultinomialLogLoss": MultinomialLogLoss(),
    "OneVersusRestLoss": OneVersusRestLoss(BinaryLogLoss()),
    "OneVersusRestLoss squared hinge": OneVersusRestLoss(SquaredHingeLoss()),
    "OneVersusRestLoss squared": OneVersusRestLoss(SignedSquaredError()),
    "SignedSquaredError": SignedSquaredError(),
    "SquaredEpsilonInsensitiveLoss": SquaredEpsilonInsensitiveLoss(epsilon=0.7),
    "SquaredHingeLoss": SquaredHingeLoss(),
}
POWERS = (-1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0)
LOSSES |= {f"HalfTweedieLoss {power}": HalfTweedieLoss(power) for power in POWERS}
LOSSES |= {f"HalfTweedieIdentityLoss {power}": HalfTweedieIdentityLoss(power) for power in POWERS if power}
#: numbers of outputs that losses take, other than one
OUTPUTS = {
    "HalfSquaredError": (1, 3),
    "MulticlassHingeLoss": (2, 3, 5),
    "MultinomialLogLoss": (2, 3, 5),
    "SignedSquaredError": (1, 3),
}
OUTPUTS |= {"HuberScaleLoss": (2,), "ListMLELoss": (2, 3, 5)}
OUTPUTS |= {name: (3,) for name in LOSSES if name.startswith("OneVersusRestLoss")}
EACH = [(name, K) for name in sorted(LOSSES) for K in OUTPUTS.get(name, (1,))]
each = pytest.mark.parametrize(("name", "K"), EACH)


def draw(name, K, n=8, candidates=(), seed=0):
    rng = np.random.default_rng(seed)
    loss = LOSSES[name]
    raw = rng.normal(size=(n, K, *candidates))
    if "Identity" in name:  # means are positive
        raw = np.abs(raw) + 0.2
    if name == "HuberScaleLoss":  # and so are scales
        raw[:, 1] = np.abs(raw[:, 1]) + 0.2
    if loss.classification:
        y = np.arange(n) % max(K, 2)
    elif name == "ListMLELoss":  # lists of every length, none and all items included
        y = np.argsort(rng.random((n, K)), axis=1)
        y[np.arange(K) >= np.arange(n)[:, None] % (K + 1)] = -1
    elif name.startswith(("HalfPoisson", "HalfTweedie")):
        y = rng.poisson(2.0, n).astype(float)
    else:
        y = rng.normal(size=(n, K)) if K > 1 and name != "HuberScaleLoss" else rng.normal(size=n)
    return loss, raw, y


def derivative(function, raw, step=1e-5):
    """Central differences in each output: the new axis is the last."""
    columns = []
    for k in range(raw.shape[1]):
        move = np.zeros_like(raw)
        move[:, k] = step
        columns.append((function(raw + move) - function(raw - move)) / (2 * step))
    return np.stack(columns, axis=-1)


def test_losses_are_all_in_the_battery():
    public = {getattr(skinfluence.losses, name) for name in skinfluence.losses.__all__} - {Loss}
    assert public == {type(loss) for loss in LOSSES.values()}


# truncation and rounding of central differences with step 1e-5 are below 1e-9 for numbers of order 10
@each
def test_loss_gradient_is_the_finite_difference(name, K):
    loss, raw, y = draw(name, K)
    expected = derivative(lambda raw: loss.value(raw, y), raw)
    assert_allclose(loss.gradient(raw, y), expected, rtol=1e-6, atol=1e-9)


@each
def test_loss_hessian_is_the_finite_difference_of_the_gradient(name, K):
    loss, raw, y = draw(name, K)
    expected = derivative(lambda raw: loss.gradient(raw, y), raw)
    assert loss.hessian(raw, y).shape == (len(raw), K, K)
    assert_allclose(loss.hessian(raw, y), expected, rtol=1e-6, atol=1e-9)


@each
def test_loss_predict_vjp_is_the_finite_difference_of_predict(name, K):
    loss, raw, _ = draw(name, K)
    response = loss.predict(raw)
    cotangent = np.random.default_rng(1).normal(size=response.shape)
    expected = derivative(lambda raw: np.sum(cotangent * loss.predict(raw), axis=1), raw)
    assert_allclose(loss.predict_vjp(raw, cotangent), expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(("case", "candidates"), one_in(3, EACH, [(1,), (4,), (2, 3)]))
def test_loss_over_candidates_is_the_loop(case, candidates):
    name, K = case
    loss, raw, y = draw(name, K, candidates=candidates)
    cotangent = np.random.default_rng(1).normal(size=loss.predict(raw).shape)
    together = {
        "value": loss.value(raw, y),
        "gradient": loss.gradient(raw, y),
        "hessian": loss.hessian(raw, y),
        "predict": loss.predict(raw),
        "predict_vjp": loss.predict_vjp(raw, cotangent),
    }
    assert {part: array.shape[-len(candidates) :] for part, array in together.items()} == dict.fromkeys(
        together, candidates
    )
    for at in np.ndindex(*candidates):
        one = raw[(..., *at)]
        alone = {
            "value": loss.value(one, y),
            "gradient": loss.gradient(one, y),
            "hessian": loss.hessian(one, y),
            "predict": loss.predict(one),
            "predict_vjp": loss.predict_vjp(one, cotangent[(..., *at)]),
        }
        for part, array in together.items():
            assert_allclose(array[(..., *at)], alone[part], rtol=10 * FORMULA, atol=1e-16, err_msg=part)


#: a Tweedie deviance is convex with a log link for powers in [1, 2], with an identity link in [0, 1]
BENT = {f"HalfTweedieLoss {power}" for power in POWERS if not 1 <= power <= 2}
BENT |= {f"HalfTweedieIdentityLoss {power}" for power in POWERS if not 0 <= power <= 1}


@pytest.mark.parametrize(("name", "K"), [(name, K) for name, K in EACH if name not in BENT])
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.floats(0.1, 50))
def test_loss_is_convex(name, K, seed, size):
    loss, raw, y = draw(name, K, seed=seed)
    eigenvalues = np.linalg.eigvalsh(loss.hessian(size * raw, y))
    # rounding relative to the largest eigenvalue
    assert (eigenvalues.min(axis=1) >= -1e-14 * eigenvalues.max(axis=1)).all()


@each
@pytest.mark.parametrize("scale", [1e3, -1e3])
def test_loss_is_stable_at_extreme_raw_predictions(name, K, scale):
    loss, raw, y = draw(name, K)
    raw = scale * np.sign(raw)
    if name.startswith(("HalfPoisson", "HalfTweedie")):  # exp(1000) is no floating point number
        raw = np.clip(raw, 1e-3 if "Identity" in name else -100, 100)
    if name == "HuberScaleLoss":
        raw[:, 1] = np.abs(raw[:, 1])
    cotangent = np.ones_like(loss.predict(raw))
    arrays = [loss.value(raw, y), loss.gradient(raw, y), loss.hessian(raw, y)]
    arrays += [loss.predict(raw), loss.predict_vjp(raw, cotangent)]
    assert all(np.isfinite(array).all() for array in arrays)


@each
def test_loss_leaves_its_input_alone_and_takes_read_only_arrays(name, K):
    loss, raw, y = draw(name, K)
    raw.flags.writeable = y.flags.writeable = False
    loss.value(raw, y), loss.gradient(raw, y), loss.hessian(raw, y)
    loss.predict_vjp(raw, loss.predict(raw))


@each
def test_loss_gradient_is_the_callers_to_change(name, K):
    loss, raw, y = draw(name, K)
    before = loss.gradient(raw, y).copy()
    loss.gradient(raw, y)[:] = 0
    assert_array_equal(loss.gradient(raw, y), before)


@each
def test_loss_declares_what_it_is(name, K):
    loss, raw, y = draw(name, K)
    assert loss.name
    moved = loss.hessian(raw + 1, y)
    # a Hessian that is zero beside its kinks is not that of a parabola
    assert (np.array_equal(loss.hessian(raw, y), moved) and moved.any()) == loss.quadratic
    if loss.probabilistic:
        assert loss.classification
        assert loss.predict(raw).shape == (len(raw), max(K, 2))
        assert_allclose(loss.predict(raw).sum(axis=1), 1, rtol=FORMULA)
    else:
        # a scale is a raw prediction that predicts no label
        assert loss.predict(raw).shape == (len(raw), 1 if name == "HuberScaleLoss" else K)


def test_log_losses_are_scikit_learns():
    for name, K in (("BinaryLogLoss", 1), ("MultinomialLogLoss", 3)):
        loss, raw, y = draw(name, K)
        expected = [
            log_loss([label], p[None], labels=np.unique(y)) for label, p in zip(y, loss.predict(raw), strict=True)
        ]
        assert_allclose(loss.value(raw, y), expected, rtol=SUMS)


def test_squared_and_poisson_losses_are_half_of_scikit_learns():
    loss, raw, y = draw("HalfSquaredError", 1)
    assert_allclose(loss.value(raw, y).mean(), mean_squared_error(y, raw[:, 0]) / 2, rtol=10 * FORMULA)
    loss, raw, y = draw("HalfPoissonLoss", 1)
    # the deviance is relative to the perfect prediction raw = log y
    positive = y > 0
    best = loss.value(np.log(y[positive, None]), y[positive])
    half = mean_poisson_deviance(y[positive], loss.predict(raw)[positive, 0]) / 2
    assert_allclose((loss.value(raw[positive], y[positive]) - best).mean(), half, rtol=SUMS)


# scikit-learn's metric refuses powers between 0 and 1, its estimator does not
@pytest.mark.parametrize("power", [power for power in POWERS if power != 0.5])
@pytest.mark.parametrize("link", ["log", "identity"])
def test_tweedie_losses_are_half_of_scikit_learns(power, link):
    rng = np.random.default_rng(0)
    y, mean = rng.uniform(0.5, 3, 20), rng.uniform(0.5, 3, 20)
    loss = (HalfTweedieLoss if link == "log" else HalfTweedieIdentityLoss)(power)
    raw, best = (np.log(mu) if link == "log" else mu for mu in (mean, y))
    # the deviance is relative to the perfect prediction mean = y
    half = (loss.value(raw[:, None], y) - loss.value(best[:, None], y)).mean()
    assert_allclose(half, mean_tweedie_deviance(y, mean, power=power) / 2, rtol=SUMS)


@each
def test_loss_higher_derivatives_are_finite_differences_of_the_hessian(name, K):
    loss, raw, y = draw(name, K)
    stated = loss.higher_derivatives(raw, y)
    if stated is None:
        return
    lower = [lambda raw: loss.hessian(raw, y)[:, 0, 0]]
    lower += [lambda raw, k=k: loss.higher_derivatives(raw, y)[k] for k in (0, 1)]
    for values, function in zip(stated, lower, strict=True):
        assert_allclose(values, derivative(function, raw)[:, 0], rtol=1e-6, atol=1e-8)


@each
def test_higher_derivatives_of_self_concordant_losses_are_at_most_the_second(name, K):
    loss, raw, y = draw(name, K)
    if not loss.self_concordant:
        return
    second = loss.hessian(raw, y)[:, 0, 0]
    assert (np.abs(loss.higher_derivatives(raw, y)) <= second * (1 + SUMS)).all()


def test_identity_link_has_no_value_outside_its_domain():
    loss, raw, y = HalfTweedieIdentityLoss(3), np.array([[-1.0], [0.0]]), np.ones(2)
    for part in (loss.value, loss.gradient, loss.hessian):
        assert np.isnan(part(raw, y)).all()


def test_kinked_losses_at_points_known_by_hand_and_on_their_kinks():
    raw = np.array([[-1.5], [1.0], [3.0]])
    assert_array_equal(HingeLoss().value(raw, np.ones(3)), [2.5, 0, 0])
    assert_array_equal(HingeLoss().gradient(raw, np.ones(3))[:, 0], [-1, 0, 0])
    assert_array_equal(HingeLoss().excess(raw, np.zeros(3))[:, 0], [-0.5, 2, 4])
    assert_array_equal(EpsilonInsensitiveLoss(1).value(raw, np.zeros(3)), [0.5, 0, 2])
    assert_array_equal(EpsilonInsensitiveLoss(1).gradient(raw, np.zeros(3))[:, 0], [-1, 0, 1])
    # as wide as rounding
    assert_array_equal(HingeLoss().gradient(raw - 1e-13, np.ones(3))[:, 0], [-1, 0, 0])


@pytest.mark.parametrize("slope", [-1.5, 0.2, 3.0])
def test_margin_and_residual_losses_at_points_known_by_hand(slope):
    raw, one = np.array([[slope]]), np.array([1])
    hinge = max(0.0, 1 - slope) ** 2
    assert_allclose(SquaredHingeLoss().value(raw, one), hinge)
    assert_allclose(ModifiedHuberLoss().value(raw, one), hinge if slope >= -1 else -4 * slope)
    assert_allclose(SquaredEpsilonInsensitiveLoss(1).value(raw, np.zeros(1)), max(0.0, abs(slope) - 1) ** 2)
    assert_allclose(HuberLoss(1).value(raw, np.zeros(1)), slope**2 / 2 if abs(slope) <= 1 else abs(slope) - 0.5)


def test_two_class_softmax_is_the_logistic_loss_of_the_difference():
    raw = np.random.default_rng(0).normal(size=(20, 2)) * 20
    y, difference = np.arange(20) % 2, raw[:, 1:] - raw[:, :1]
    two, one = MultinomialLogLoss(), BinaryLogLoss()
    # relative: the derivatives of rows that are fitted well are tiny, not zero
    assert_allclose(two.value(raw, y), one.value(difference, y), rtol=SUMS)
    assert_allclose(two.gradient(raw, y)[:, 1:], one.gradient(difference, y), rtol=SUMS)
    assert_allclose(two.hessian(raw, y)[:, 1:, 1:], one.hessian(difference, y), rtol=SUMS)


@given(shift=st.sampled_from([2.0**10, -(2.0**10), 2.0**20]))
def test_softmax_loss_does_not_change_when_all_outputs_move_alike(shift):
    raw = np.round(np.random.default_rng(0).normal(size=(10, 3)) * 8, 1)
    raw = np.round(raw * 16) / 16  # sums with the shift are exact
    y = np.arange(10) % 3
    loss = MultinomialLogLoss()
    assert_allclose(loss.value(raw + shift, y), loss.value(raw, y), rtol=FORMULA)
    assert_allclose(loss.gradient(raw + shift, y), loss.gradient(raw, y), rtol=FORMULA)


def test_softmax_gradient_of_a_well_fitted_row_keeps_its_relative_accuracy():
    raw = np.array([[50.0, 0.0, 0.0]])
    loss, y = MultinomialLogLoss(), np.array([0])
    # log(1 + 2 e^-50) and -2 e^-50 / (1 + 2 e^-50)
    assert_allclose(loss.value(raw, y), 2 * np.exp(-50.0), rtol=SUMS)
    assert_allclose(loss.gradient(raw, y)[0, 0], -2 * np.exp(-50.0), rtol=SUMS)
    assert_allclose(loss.hessian(raw, y)[0, 0, 0], 2 * np.exp(-50.0), rtol=SUMS)


def test_logistic_gradient_keeps_its_relative_accuracy_in_both_tails():
    raw, y = np.array([[40.0], [-40.0]]), np.array([1, 0])
    assert_allclose(BinaryLogLoss().gradient(raw, y)[:, 0], [-expit(-40.0), expit(-40.0)], rtol=FUNCTION)
    assert_allclose(BinaryLogLoss().value(raw, y), np.exp([-40.0, -40.0]), rtol=FUNCTION)


@pytest.mark.parametrize("K", [1, 3])
def test_signed_squared_error_is_the_squared_error_of_indicators(K):
    _, raw, y = draw("SignedSquaredError", K)
    indicators = 2.0 * y - 1 if K == 1 else 2 * np.eye(3)[y] - 1
    for part in ("value", "gradient", "hessian"):
        signed = getattr(SignedSquaredError(), part)(raw, y)
        assert_array_equal(signed, getattr(HalfSquaredError(), part)(raw, indicators))


def test_poisson_loss_of_large_counts_is_finite():
    assert_allclose(HalfPoissonLoss().value(np.array([[-1e3]]), np.array([3.0])), 3e3, rtol=FUNCTION)
