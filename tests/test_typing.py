"""The package is typed: every public signature says what it takes and gives, and a checker agrees with a user."""

import importlib
import inspect
import os
import pkgutil
import subprocess
import sys
import typing
from pathlib import Path

import pytest

import skinfluence

#: the command line is called by its arguments, not from Python
MODULES = [
    module.name
    for module in pkgutil.walk_packages(skinfluence.__path__, "skinfluence.")
    if not module.name.startswith(("skinfluence.cli.", "skinfluence.__main__"))
]


def ours(thing):
    return (getattr(thing, "__module__", None) or "").startswith("skinfluence")


def function_of(member):
    """The function behind a method, a property or what scikit-learn makes of a method."""
    for name in ("__func__", "fget", "func", "fn"):
        member = getattr(member, name, member)
    return member


def public_functions(module):
    """Functions of a module's `__all__`, and what classes of it define: methods, properties and constructors."""
    for name in getattr(module, "__all__", ()):
        thing = getattr(module, name)
        if inspect.isfunction(thing) and ours(thing):
            yield thing
        elif inspect.isclass(thing) and ours(thing):
            members = [member for cls in thing.__mro__ if ours(cls) for member in vars(cls).items()]
            functions = [function_of(member) for key, member in members if key == "__init__" or key[0] != "_"]
            yield from (function for function in functions if inspect.isfunction(function) and ours(function))


ROOMS = sorted({name.split(".")[1] for name in MODULES})


@pytest.mark.parametrize("room", ["", *ROOMS])
def test_public_signatures_are_complete(room):
    modules = [name for name in ("skinfluence", *MODULES) if name.partition(".")[2].partition(".")[0] == room]
    assert modules
    for function in {function for name in modules for function in public_functions(importlib.import_module(name))}:
        where = f"{function.__module__}.{function.__qualname__}"
        signature = inspect.signature(function)
        parameters = [each for each in signature.parameters.values() if each.name not in ("self", "cls")]
        bare = [each.name for each in parameters if each.annotation is each.empty]
        assert not bare, f"{where} does not say what {bare} may be"
        assert signature.return_annotation is not signature.empty, f"{where} does not say what it returns"
        typing.get_type_hints(function)


USER = """
from typing import assert_type

import numpy as np
from sklearn.linear_model import Ridge

from skinfluence import DataTrimmer, Influence, InfluenceTree, LeaveOneOut, ListMLERanker, RescaledInfluence, supports

X, y = [[0.0], [1.0], [2.0]], [0.0, 1.0, 3.0]
attributor = RescaledInfluence(Ridge(), target="prediction").fit(X, y)
assert_type(attributor, RescaledInfluence)
assert_type(attributor.attribute(X, y), Influence)
assert_type(attributor.attribute(np.array(X), np.array(y)).gain, np.ndarray)
assert_type(attributor.score(X, y), float)
assert_type(LeaveOneOut(ListMLERanker(np.zeros((2, 1)))), LeaveOneOut)
assert_type(DataTrimmer(Ridge(), budget=1).fit(X, y, X_val=X, y_val=y), DataTrimmer)
assert_type(InfluenceTree(max_depth=2).fit(X, y), InfluenceTree)
assert_type(supports(Ridge(), LeaveOneOut), tuple[bool, str])
RescaledInfluence(estimator="ridge")  # type: ignore[arg-type]
attributor.attribute(X, y, tops=2)  # type: ignore[call-arg]
attributor.attribute(X, y).top("two")  # type: ignore[arg-type]
"""


def test_checker_sees_the_types_of_a_user(tmp_path):
    pytest.importorskip("mypy")
    (tmp_path / "user.py").write_text(USER, encoding="utf-8")
    (tmp_path / "mypy.ini").write_text(
        "[mypy]\nignore_missing_imports = true\nfollow_imports = silent\nwarn_unused_ignores = true\n", encoding="utf-8"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", os.devnull, "user.py"],
        cwd=tmp_path,
        env=os.environ | {"MYPYPATH": str(Path(skinfluence.__file__).parent.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
