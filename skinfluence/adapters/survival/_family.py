"""Instances of a package's classes, told without importing it."""

__all__ = ["family"]


def family(model, package):
    """Names of the classes of a package that a model is an instance of."""
    return [cls.__name__ for cls in type(model).__mro__ if cls.__module__.partition(".")[0] == package]
