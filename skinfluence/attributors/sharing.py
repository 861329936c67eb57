"""One preparation for several methods: the factor and the optimum that all of them need are the dear part."""

from inspect import signature

from sklearn.utils.validation import check_is_fitted

from ..exceptions import UnsupportedQuestionError
from .blockwise import check_takes_blocks, in_blocks

__all__ = ["SharesPreparation"]

#: constructor's arguments that say how the preparation is done, and the target, which every method can be asked
_TAKEN_OVER = ("estimator", "target", "solver", "damping", "polish")
#: what a fit leaves behind, whatever the method
_SHARED = ("estimator_", "model_", "names_", "problem_", "factor_", "stationarity_", "_note")
_SHARED_SOMETIMES = ("classes_", "n_features_in_", "feature_names_in_")


class SharesPreparation:
    """The part of an attributor that takes another one's preparation over."""

    @classmethod
    def from_fitted(cls, attributor, **parameters):
        """This method on the training rows, the optimum and the factor of another one that is fitted.

        Two methods for the price of one: the Hessian is neither formed nor factored again.

        Parameters
        ----------
        attributor : attributor
            Fitted, of any method that has a factor.
        **parameters
            Other arguments of this method's constructor; `estimator`, `solver`, `damping`, `polish` and, unless given,
            `target` are those of `attributor`.

        Returns
        -------
        attributor
            Fitted. It shares arrays with the other one, and neither changes them.

        Raises
        ------
        UnsupportedQuestionError
            The other one has refits in place of a factor, or its training rows lie in blocks and this method needs all
            of them at once.
        UnsupportedEstimatorError
            This method needs more of the model than it has.
        ValueError
            An argument that would ask for another preparation.

        Examples
        --------
        >>> from sklearn.linear_model import Ridge
        >>> from skinfluence import InfluenceFunctions, RescaledInfluence
        >>> X, y = [[0.0], [0.0]], [0.0, 2.0]
        >>> rescaled = RescaledInfluence(Ridge(), target="prediction").fit(X, y)
        >>> InfluenceFunctions.from_fitted(rescaled).attribute([[0.0]], [0.0]).values
        array([ 0.5, -0.5])
        """
        check_is_fitted(attributor)
        if fixed := sorted(set(parameters) & (set(_TAKEN_OVER) - {"target"})):
            raise ValueError(
                f"from_fitted takes {fixed[0]} over from the fitted attributor, got {fixed[0]}="
                f"{parameters[fixed[0]]!r}; leave it out, or fit {cls.__name__} itself"
            )
        if not hasattr(attributor, "factor_"):
            raise UnsupportedQuestionError(
                f"this {type(attributor).__name__} has refits in place of a factor to share; use one with a factor, "
                f"such as RescaledInfluence, or fit {cls.__name__} itself"
            )
        own = signature(cls).parameters
        taken = {name: getattr(attributor, name) for name in _TAKEN_OVER if name in own}
        shared = cls(**taken | parameters)
        shared._check_parameters()
        for name in (*_SHARED, *(name for name in _SHARED_SOMETIMES if hasattr(attributor, name))):
            setattr(shared, name, getattr(attributor, name))
        if in_blocks(shared.problem_):
            check_takes_blocks(shared)
        shared._check_model()
        shared._complete()
        return shared
