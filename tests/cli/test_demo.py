"""The demo: its story is true and its pictures are there."""

import contextlib
import io
import re
from unittest import mock

import pytest

from skinfluence.cli import main
from skinfluence.cli.demo import trimming


# as users run it, it takes the mean of ten random splits
@pytest.fixture(scope="module", params=[3, pytest.param(None, marks=pytest.mark.slow)], ids=["few splits", "whole"])
def demo(tmp_path_factory, request):
    """The folder where it ran, and what it printed."""
    pytest.importorskip("matplotlib", reason="the demo draws: skinfluence[plot]")
    folder, said = tmp_path_factory.mktemp("demo"), io.StringIO()
    splits = mock.patch.object(trimming, "N_SPLITS", request.param or trimming.N_SPLITS)
    with contextlib.chdir(folder), contextlib.redirect_stdout(said), splits:
        assert main(["demo", "--quiet"]) == 0
    return folder, said.getvalue()


def change(text, metric):
    """(before, after, at random) of a line of the story."""
    numbers = re.search(rf"{metric} +([\d.]+)%? -> ([\d.]+)%? \[([\d.]+)%?\]", text).groups()
    return tuple(map(float, numbers))


def test_demo_leaves_three_pictures_and_says_where(demo):
    folder, said = demo
    pictures = sorted(folder.iterdir())
    assert len(pictures) == 3
    for picture in pictures:
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert str(picture) in said


def test_demo_predicts_what_refits_find(demo):
    _, said = demo
    assert float(re.search(r"rank correlation ([\d.]+)", said)[1]) > 0.99
    assert float(re.search(r"median error ([\d.]+)%", said)[1]) < 2


def test_demo_trims_better_than_chance(demo):
    _, said = demo
    before, after, chance = change(said, "test accuracy")
    assert after > max(before, chance) + 1  # percentage points
    before, after, chance = change(said, "gap of mean predictions")
    assert after < 0.85 * min(before, chance)
    before, after, chance = change(said, "accuracy on the moved rows")
    assert after > 5 * max(before, chance)
