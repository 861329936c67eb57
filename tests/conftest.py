"""Settings of the whole suite."""

import os

# without it scikit-learn skips one of its checks; it is read when SciPy is imported
os.environ.setdefault("SCIPY_ARRAY_API", "1")
