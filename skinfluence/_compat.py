"""The one place for scikit-learn names that are not public; they worked unchanged from 1.6 to 1.9."""

from sklearn.utils._param_validation import Interval, StrOptions

__all__ = ["Interval", "StrOptions"]
