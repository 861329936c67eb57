"""The likelihood of ordered lists: it is a probability, and an absent item is no item."""

from itertools import permutations

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal
from rounding import FORMULA, SUMS
from scipy.special import log_softmax

from skinfluence.losses import ListMLELoss, MultinomialLogLoss

RAW = np.random.default_rng(0).normal(size=(1, 4))


def test_lists_of_a_length_have_probabilities_that_sum_to_one():
    for length in (1, 2, 3, 4):
        lists = np.array(list(permutations(range(4), length)))
        values = ListMLELoss().value(np.repeat(RAW, len(lists), axis=0), lists)
        assert_allclose(np.exp(-values).sum(), 1, rtol=FORMULA)


def test_list_is_drawn_place_by_place_from_a_softmax_over_what_is_left():
    left, expected = [0, 1, 2, 3], 0.0
    for item in (2, 0, 3):
        expected -= log_softmax(RAW[0, left])[left.index(item)]
        left.remove(item)
    assert_allclose(ListMLELoss().value(RAW, np.array([[2, 0, 3, -1]])), expected, rtol=FORMULA)


def test_list_of_one_item_is_the_multinomial_loss():
    raw, y = np.random.default_rng(1).normal(size=(6, 4)), np.arange(6) % 4
    for part in ("value", "gradient", "hessian"):
        ours, theirs = (getattr(loss, part) for loss in (ListMLELoss(), MultinomialLogLoss()))
        assert_allclose(ours(raw, y[:, None]), theirs(raw, y), rtol=10 * FORMULA, atol=1e-16)


def test_absent_item_is_as_if_it_had_never_been():
    absent = RAW.copy()
    absent[0, 1] = -np.inf
    others, loss = [0, 2, 3], ListMLELoss()
    # the list without item 1, in the numbers that the others have among themselves
    with_it, without = np.array([[1, 3, 0]]), np.array([[2, 0, -1]])
    assert_allclose(loss.value(absent, with_it), loss.value(RAW[:, others], without), rtol=FORMULA)
    gradient, hessian = loss.gradient(absent, with_it), loss.hessian(absent, with_it)
    assert_allclose(gradient[:, others], loss.gradient(RAW[:, others], without), rtol=10 * FORMULA)
    assert_allclose(hessian[:, others][:, :, others], loss.hessian(RAW[:, others], without), rtol=10 * FORMULA)
    assert gradient[0, 1] == 0
    assert not hessian[0, 1].any()


def test_empty_list_says_nothing():
    empty, loss = np.array([[-1, -1]]), ListMLELoss()
    assert_array_equal(loss.value(RAW, empty), 0)
    assert not loss.gradient(RAW, empty).any()
    assert not loss.hessian(RAW, empty).any()


def test_list_whose_items_are_far_ahead_keeps_a_small_loss():
    raw = np.array([[80.0, 40.0, 0.0]])
    # the chance of another item is e^-40 at both places
    assert_allclose(ListMLELoss().value(raw, np.array([[0, 1]])), 2 * np.exp(-40.0), rtol=SUMS)
