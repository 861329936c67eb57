"""What the package promises in its own name: every public object is documented, shown at work, and clones."""

import inspect
import re
import tomllib
from pathlib import Path

import pytest
from sklearn.base import BaseEstimator, clone

import skinfluence

OBJECTS = {name: getattr(skinfluence, name) for name in skinfluence.__all__}
CLASSES = {name: thing for name, thing in OBJECTS.items() if inspect.isclass(thing)}
ESTIMATORS = {name: thing for name, thing in CLASSES.items() if issubclass(thing, BaseEstimator)}
#: room: what may be asked of it by users; each room's __all__ is public too
ROOMS = ("adapters", "attributors", "displays", "influence_tree", "solvers", "targets", "trimming")


def sections(thing):
    """Sections of a numpydoc docstring."""
    parts = re.split(r"^(\w[\w ]+)\n-{3,}\n", inspect.getdoc(thing) or "", flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_public_names_are_in_order_and_nothing_else_is_public():
    assert list(skinfluence.__all__) == sorted(skinfluence.__all__)
    public = {name for name, thing in vars(skinfluence).items() if name[0] != "_" and not inspect.ismodule(thing)}
    assert public == set(skinfluence.__all__)


@pytest.mark.parametrize("name", OBJECTS)
def test_public_object_says_what_it_is_in_one_line(name):
    first, _, rest = inspect.getdoc(OBJECTS[name]).partition("\n")
    assert first.endswith((".", "?"))
    assert not rest or rest.startswith("\n")


@pytest.mark.parametrize("name", OBJECTS)
def test_public_object_documents_every_parameter(name):
    documented = sections(OBJECTS[name]).get("Parameters", "")
    lines = re.findall(r"^(\S.*)$", documented, re.MULTILINE)
    names = {part.strip(" *\\") for line in lines for part in line.partition(" : ")[0].split(",")}
    undocumented = set(inspect.signature(OBJECTS[name]).parameters) - names
    assert not undocumented


@pytest.mark.parametrize("name", OBJECTS)
def test_public_object_is_shown_at_work(name):
    assert ">>> " in sections(OBJECTS[name]).get("Examples", "")


@pytest.mark.parametrize("name", CLASSES)
def test_public_methods_are_documented(name):
    for method, function in inspect.getmembers(CLASSES[name], inspect.isfunction):
        ours = function.__module__.startswith("skinfluence")
        assert method.startswith("_") or not ours or inspect.getdoc(function), f"{name}.{method} has no docstring"


@pytest.mark.parametrize("name", ESTIMATORS)
def test_public_estimator_clones_and_prints(name):
    estimator = ESTIMATORS[name]()
    assert clone(estimator).get_params(deep=False) == estimator.get_params(deep=False)
    assert repr(estimator).startswith(name)


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_state_what_is_public(room):
    module = __import__(f"skinfluence.{room}", fromlist=["__all__"])
    assert inspect.getdoc(module)
    for name in module.__all__:
        thing = getattr(module, name)
        assert not callable(thing) or inspect.getdoc(thing), f"{room}.{name} has no docstring"


def test_version_is_that_of_the_distribution():
    path = Path(__file__).parent.parent / "pyproject.toml"
    if not path.exists():
        pytest.skip("an installed package has no pyproject.toml")
    project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
    assert project["version"] == skinfluence.__version__
    citation = (path.parent / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {skinfluence.__version__}\n" in citation


def test_package_ships_its_types():
    assert (Path(skinfluence.__file__).parent / "py.typed").exists()
