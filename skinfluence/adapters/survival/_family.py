"""Instances of a package's classes, told without importing it."""

from typing import Any

__all__ = ["family"]


def family(model: Any, package: str) -> list[str]:
    """Names of the classes of a package that a model is an instance of."""
    return [cls.__name__ for cls in type(model).__mro__ if cls.__module__.partition(".")[0] == package]
