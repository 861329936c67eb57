"""Checks for your own adapters, attributors and problems, like scikit-learn's `check_estimator`, without pytest."""

from .adapters import ADAPTER_LAWS, check_adapter
from .attributors import ATTRIBUTOR_LAWS, check_attributor
from .closeness import assert_near
from .containers import containers
from .problems import PROBLEM_LAWS, check_problem

__all__ = [
    "ADAPTER_LAWS",
    "ATTRIBUTOR_LAWS",
    "PROBLEM_LAWS",
    "assert_near",
    "check_adapter",
    "check_attributor",
    "check_problem",
    "containers",
]
