"""Methods that refit, or that solve for what a refit would give."""

from .leave_one_out import LeaveOneOut

__all__ = ["LeaveOneOut"]
