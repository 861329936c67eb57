"""The estimator: a shrunk regression tree on influences, and its regions as rules."""

from numbers import Real
from typing import Any, ClassVar, Self

import numpy as np
from scipy import sparse
from sklearn.metrics import r2_score
from sklearn.tree import DecisionTreeRegressor
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data

from .._compat import Interval, StrOptions
from .._typing import ArrayLike, Features, Labels, RandomState, Weights
from ..influence import Influence
from ._columns import ColumnCodes
from ._cuts import kinds_of, neighbours
from ._labels import codes_of, label_array, learn_labels, sign_of_harm
from ._rules import Region, RuleWriter
from ._shrinkage import shrunk_values

__all__ = ["InfluenceTree"]

#: rules are written in the precision of X; the tree itself is grown in single precision
PRECISIONS = [np.float64, np.float32]


class InfluenceTree(DecisionTreeRegressor):
    r"""A regression tree on influences, with hierarchical shrinkage.

    CART is grown on the training rows of the explained model, with their influences as the response, and the
    node means are then shrunk towards those of their ancestors. For the path :math:`t_0, t_1, \ldots, t_w` of
    a row from the root to its leaf, with node means :math:`\xi` and (weighted) row counts :math:`\phi`,

    .. math::
        \hat h = \xi(t_0) + \sum_{j=1}^w \frac{\xi(t_j) - \xi(t_{j-1})}{1 + \lambda / \phi(t_{j-1})}.

    Parameters
    ----------
    reg_param : float, default=1.0
        :math:`\lambda \ge 0`, in rows: 0 is plain CART, infinity predicts the mean influence everywhere.
    shrinkage : {"node_based", "leaf_based", "constant"}, default="node_based"
        The formula above; the leaves alone, towards the root, by their own count; or every step divided by
        :math:`1 + \lambda` whatever the counts.
    criterion, splitter, max_depth, min_samples_split, min_samples_leaf, min_weight_fraction_leaf
        As in :class:`~sklearn.tree.DecisionTreeRegressor`. Trees are grown fully by default; to *read* one,
        set ``max_leaf_nodes`` or ``max_depth``.
    max_features, random_state, max_leaf_nodes, min_impurity_decrease, ccp_alpha, monotonic_cst
        The same. With labels, `monotonic_cst` has one entry more, the label's.

    Attributes
    ----------
    tree_ : sklearn.tree._tree.Tree
        The tree with shrunk node values; its impurities are those of CART.
    tree_feature_names_ : ndarray of str
        One name for each column that `tree_` may split on: those of X ("x0", "x1", ... when it had none),
        then the label's. ``plot_tree(tree, feature_names=tree.tree_feature_names_)``.
    label_name_ : str or None
        Name of the label column; None when fitted without labels.
    label_classes_ : ndarray or None
        Sorted classes behind the codes of the label column; None for numeric labels and without labels.
    columns_ : ColumnCodes or None
        How columns of a DataFrame that hold no numbers are encoded; None where all hold numbers.
    missing_features_ : ndarray of bool
        Columns of the tree in which training rows had missing values.
    neighbours_ : ndarray of shape (n_nodes, 2)
        The values of X on both sides of each split; rules print the shortest number between them.
    column_kinds_ : dict
        What rules say of columns of dates, and of zeros and ones (``is yes``, ``is no``).
    harmful_when_ : {"negative", "positive"} or None
        Sign of a harmful row's influence. "negative" for plain numbers; read from an `Influence`, where None
        means that its target has no better direction.

    See Also
    --------
    skinfluence.displays.InfluenceTreeDisplay : Draws the top of the tree.
    skinfluence.displays.InfluenceRegionsDisplay : Draws the regions of two features.

    Notes
    -----
    Shrinkage is one pass over the levels of the tree, O(nodes), without recursion. `n_features_in_` counts
    the columns of X, without the label. With metadata routing enabled, `labels` reaches `fit`, `predict` and
    `score` inside a search with nothing requested; leave ``scoring=None``, as scorers by name call
    ``predict(X)`` alone.

    References
    ----------
    Chhabra, Li, Mohapatra and Liu (2024), "What data benefits my classifier?", ICLR, Algorithm 1.
    Agarwal, Tan, Ronen, Singh and Yu (2022), "Hierarchical shrinkage", ICML, equation 2.

    Examples
    --------
    Influences 0, 0, 3, 3: the root's mean is 1.5, and lambda = 4 rows halves the steps of 1.5.

    >>> import numpy as np
    >>> X = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> tree = InfluenceTree(reg_param=4.0).fit(X, [0.0, 0.0, 3.0, 3.0])
    >>> tree.predict([[0.0], [3.0]])
    array([0.75, 2.25])
    >>> [(region.rule, region.n_rows) for region in tree.regions()]
    [('x0 ≤ 1', 2), ('x0 > 1', 2)]
    """

    __metadata_request__fit: ClassVar[dict] = {"labels": True}
    __metadata_request__predict: ClassVar[dict] = {"labels": True}
    __metadata_request__score: ClassVar[dict] = {"labels": True}

    _parameter_constraints: ClassVar[dict] = {
        **DecisionTreeRegressor._parameter_constraints,
        "reg_param": [Interval(Real, 0.0, None, closed="both")],
        "shrinkage": [StrOptions({"node_based", "leaf_based", "constant"})],
    }

    def __init__(
        self,
        *,
        reg_param: float = 1.0,
        shrinkage: str = "node_based",
        criterion: str = "squared_error",
        splitter: str = "best",
        max_depth: int | None = None,
        min_samples_split: int | float = 2,
        min_samples_leaf: int | float = 1,
        min_weight_fraction_leaf: float = 0.0,
        max_features: int | float | str | None = None,
        random_state: RandomState = None,
        max_leaf_nodes: int | None = None,
        min_impurity_decrease: float = 0.0,
        ccp_alpha: float = 0.0,
        monotonic_cst: ArrayLike | None = None,
    ) -> None:
        super().__init__(
            criterion=criterion,
            splitter=splitter,
            max_depth=max_depth,
            min_samples_split=min_samples_split,
            min_samples_leaf=min_samples_leaf,
            min_weight_fraction_leaf=min_weight_fraction_leaf,
            max_features=max_features,
            random_state=random_state,
            max_leaf_nodes=max_leaf_nodes,
            min_impurity_decrease=min_impurity_decrease,
            ccp_alpha=ccp_alpha,
            monotonic_cst=monotonic_cst,
        )
        self.reg_param = reg_param
        self.shrinkage = shrinkage

    def fit(
        self,
        X: Features,
        y: ArrayLike,
        sample_weight: Weights = None,
        check_input: bool = True,
        *,
        labels: ArrayLike | None = None,
    ) -> Self:
        """Fit the tree to the influences and shrink it.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_rows, n_features)
            The training rows of the explained model. Columns of a DataFrame may hold strings, booleans, categories,
            dates and missing entries; they are encoded inside, and rules speak of them as they are.
        y : Influence or array-like of shape (n_rows,) or (n_rows, n_outputs)
            Their influences.
        sample_weight : array-like of shape (n_rows,), optional
        check_input : bool
            As in scikit-learn: False skips the validation of X.
        labels : array-like of shape (n_rows,), optional
            What the explained model predicts. Numbers are kept as they are; strings, booleans and categories
            become their position in the sorted classes. The label is the last column of the tree, under the
            name of its Series, or "label".

        Returns
        -------
        self

        Raises
        ------
        ValueError
            When `labels` has another length than X, or has missing or unsortable entries.
        """
        self.columns_ = ColumnCodes.learn(X, y)
        given = X if self.columns_ is None else self.columns_.encode(X)
        if check_input and self.columns_ is None:
            # scikit-learn's own fit checks finite values: missing ones are allowed, infinite ones are not
            given = validate_data(self, X, dtype=PRECISIONS, accept_sparse="csc", ensure_all_finite=False)
        self.label_name_, self.label_classes_ = learn_labels(labels)
        given = self._with_labels(given, labels)
        with np.errstate(over="ignore"):  # what single precision cannot hold becomes infinite, which fit refuses
            rows = given.astype(np.float32, copy=False)
        super().fit(rows, np.asarray(y) if isinstance(y, Influence) else y, sample_weight, check_input)
        # that fit counted the label as a feature; n_features_in_ and feature_names_in_ are those of X
        validate_data(self, X, skip_check_array=True)
        names = getattr(self, "feature_names_in_", [f"x{j}" for j in range(self.n_features_in_)])
        names = [*names] if self.label_name_ is None else [*names, self.label_name_]
        self.tree_feature_names_ = np.array(names, dtype=object)
        self.missing_features_ = (
            np.zeros(rows.shape[1], dtype=bool) if sparse.issparse(rows) else np.isnan(rows).any(axis=0)
        )
        self.neighbours_ = neighbours(self.tree_, given)
        self.column_kinds_ = kinds_of(self.tree_, given, self.columns_)
        self.harmful_when_ = sign_of_harm(y)
        if self.reg_param > 0.0:  # at 0 the sums below would only add rounding errors
            self.tree_.value[...] = shrunk_values(self.tree_, self.reg_param, self.shrinkage)
        return self

    def _with_labels(self, X, labels):
        """X with the encoded label as its last column."""
        if self.label_name_ is None:
            if labels is None:
                return X
            raise ValueError("got labels, but the tree was fitted without labels; leave them out, or fit with labels")
        if labels is None:
            raise ValueError(
                f"the tree was fitted with labels ({self.label_name_!r}), which it may split on; "
                "pass labels=, one for each row of X, or fit without labels"
            )
        check_consistent_length(X, labels)
        column = codes_of(label_array(labels), self.label_classes_)[:, None]
        return sparse.hstack([X, column], format=X.format) if sparse.issparse(X) else np.hstack([X, column])

    def _rows(self, X, check_input, labels):
        check_is_fitted(self)
        if self.columns_ is not None:
            rows = self.columns_.encode(X)
            validate_data(self, X, reset=False, skip_check_array=True)
            return self._with_labels(rows, labels).astype(np.float32, copy=False)
        if check_input:
            finite = True if sparse.issparse(X) else "allow-nan"
            X = validate_data(self, X, dtype=np.float32, accept_sparse="csr", reset=False, ensure_all_finite=finite)
        return self._with_labels(X, labels).astype(np.float32, copy=False)

    def predict(self, X: Features, check_input: bool = True, *, labels: ArrayLike | None = None) -> np.ndarray:
        """Shrunk mean influence of the region that each row falls in.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_features)
        check_input : bool
            False skips the validation of X.
        labels : array-like of shape (n_rows,), optional
            Needed when the tree was fitted with labels, and only then.

        Returns
        -------
        ndarray of shape (n_rows,) or (n_rows, n_outputs)

        Raises
        ------
        ValueError
            When labels are missing, superfluous, or were not seen in fit.
        """
        rows = self._rows(X, check_input, labels)
        values = self.tree_.predict(rows)
        return values[:, 0] if self.n_outputs_ == 1 else values[:, :, 0]

    def apply(self, X: Features, check_input: bool = True, *, labels: ArrayLike | None = None) -> np.ndarray:
        """Leaf of each row, as an index into the arrays of ``tree_``; parameters as in `predict`."""
        rows = self._rows(X, check_input, labels)
        return self.tree_.apply(rows)

    def decision_path(self, X: Features, check_input: bool = True, *, labels: ArrayLike | None = None) -> Any:
        """Sparse indicator (n_rows, n_nodes) of the nodes a row passes; parameters as in `predict`."""
        rows = self._rows(X, check_input, labels)
        return self.tree_.decision_path(rows)

    def score(self, X: Features, y: Labels, sample_weight: Weights = None, *, labels: ArrayLike | None = None) -> float:
        """Coefficient of determination of the predicted influences; `labels` as in `predict`."""
        return r2_score(np.asarray(y), self.predict(X, labels=labels), sample_weight=sample_weight)

    def regions(self, *, feature_names: ArrayLike | None = None, class_names: Any = None) -> list[Region]:
        """Leaves as rules, from the most harmful to the most helpful.

        Parameters
        ----------
        feature_names : sequence of str, optional
            Names of the columns of the tree; by default `tree_feature_names_`.
        class_names : sequence or mapping, optional
            Names of the labels, by code or number; by default `label_classes_`.

        Returns
        -------
        list of Region

        Raises
        ------
        ValueError
            When the tree was fitted on several influences for each row.
        """
        check_is_fitted(self)
        if self.n_outputs_ > 1:
            raise ValueError(
                f"regions are ranked by one influence for each row, but the tree was fitted on "
                f"{self.n_outputs_}; fit it on one column, or on their sum"
            )
        return RuleWriter(self, feature_names, class_names).regions(self.harmful_when_)
