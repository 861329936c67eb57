"""Batteries that anybody can run on adapters and attributors of their own: laws by name, none of which needs pytest."""

from .adapters import ADAPTER_LAWS, check_adapter
from .attributors import ATTRIBUTOR_LAWS, check_attributor
from .closeness import assert_near
from .containers import containers

__all__ = ["ADAPTER_LAWS", "ATTRIBUTOR_LAWS", "assert_near", "check_adapter", "check_attributor", "containers"]
