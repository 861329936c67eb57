"""Import optional packages, with an error that says what needs them and how to install them."""

import importlib
from typing import Any

__all__ = ["require"]


def require(module: str, extra: str, purpose: str) -> Any:
    """Import `module`, or raise an ImportError that names the extra which brings it.

    Parameters
    ----------
    module : str
        Dotted name, for example ``"matplotlib.pyplot"``.
    extra : str
        The extra of skinfluence that installs it.
    purpose : str
        What needs it, as the subject of the message's sentence.

    Returns
    -------
    module
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise ImportError(f"{purpose} needs {package}; install it with: pip install 'skinfluence[{extra}]'") from error
