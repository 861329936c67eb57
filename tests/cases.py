"""The one list of models and the data that they are tried on.

Every supported estimator class, solver and setting stands here once. Solvers are set as tight as they go; `slack` is
what they leave in the gradient all the same.
"""

from dataclasses import dataclass, field

import numpy as np
import sklearn
from scipy import sparse
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import (
    ElasticNet,
    ElasticNetCV,
    GammaRegressor,
    HuberRegressor,
    Lasso,
    LassoCV,
    LinearRegression,
    LogisticRegression,
    LogisticRegressionCV,
    PoissonRegressor,
    Ridge,
    RidgeClassifier,
    RidgeClassifierCV,
    RidgeCV,
    SGDClassifier,
    SGDRegressor,
    TweedieRegressor,
)
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC, LinearSVR

N_ROWS = 72
#: scikit-learn 1.6
OLD = tuple(int(part) for part in sklearn.__version__.split(".")[:2]) < (1, 7)
#: L-BFGS and liblinear stop where the objective falls by less than 64 eps or 1e-12: the root remains in the gradient
FLAT = 3e-7
#: Newton, conjugate and stochastic gradients stop at the tolerance that they are given
TIGHT = 1e-8


@dataclass(frozen=True, eq=False)
class Case:
    """A model, the rows that it is trained on, and how well it solves for itself.

    Parameters
    ----------
    name : str
        Of the test.
    estimator : estimator
        Unfitted, tight.
    X, y : array
        Training rows.
    sample_weight : array or None
        Their weights.
    slack : float
        Relative gradient that the estimator's own solver may leave.
    solves_to_rounding : bool
        Newton with Cholesky, or a closed form: its refits need no polish.
    in_sample : bool
        Tried in the default run with every law; the others with the one that costs least.
    """

    name: str
    estimator: object
    X: object
    y: np.ndarray
    sample_weight: np.ndarray | None = None
    slack: float = TIGHT
    solves_to_rounding: bool = False
    in_sample: bool = field(default=False, kw_only=True)

    def __str__(self):
        return self.name

    @property
    def data(self):
        """X, y and sample_weight."""
        return self.X, self.y, self.sample_weight


_generator = np.random.default_rng(7)
#: of different scales, correlated, with an off-centre column
X = _generator.normal(size=(N_ROWS, 3)) @ [[1.0, 0.4, 0.0], [0.0, 1.0, 0.3], [0.0, 0.0, 2.0]] + [0.0, 0.0, 1.5]
_signal = X @ [1.0, -0.8, 0.3] - 0.4
BINARY = (_signal + _generator.logistic(size=N_ROWS) > 0).astype(int)
THREE = np.digitize(_signal + _generator.logistic(size=N_ROWS), [-1.0, 0.8])
REAL = _signal + _generator.normal(size=N_ROWS)
TWO_REALS = np.column_stack([REAL, X[:, 0] + _generator.normal(size=N_ROWS)])
COUNTS = _generator.poisson(np.exp(0.4 * _signal)).astype(float)
WEIGHTS = _generator.uniform(0.5, 3.0, size=N_ROWS)
WORDS = np.array(["no", "maybe", "certainly"])[THREE]
WORDS_OF_TWO = np.array(["no", "certainly"])[BINARY]
ODD_LABELS = np.where(BINARY == 1, -3, 11)
SPARSE = sparse.csr_matrix(np.where(_generator.random(size=(N_ROWS, 6)) < 0.3, _generator.normal(size=(N_ROWS, 6)), 0))
WIDE = _generator.normal(size=(24, 40))
AMOUNTS = np.exp(0.3 * _signal) * np.random.default_rng(8).gamma(3.0, 1 / 3, size=N_ROWS)
AMOUNTS_AND_ZEROS = np.where(np.arange(N_ROWS) % 4 == 0, 0.0, AMOUNTS)
#: four features matter, clearly, and eight do not: the active set stays when a row leaves
MANY = np.random.default_rng(9).normal(size=(N_ROWS, 12))
FEW = MANY[:, :4] @ [2.0, -1.5, 1.0, 0.7] + 0.5 + 0.3 * np.random.default_rng(10).normal(size=N_ROWS)
TWO_OF_FEW = (FEW + 0.5 * np.random.default_rng(11).logistic(size=N_ROWS) > 0.5).astype(int)
FIVE = MANY[:, :5]
_scores = FIVE[:, :3] @ [[3.0, 0.0, -3.0], [-2.0, 3.0, 0.0], [0.0, -2.0, 2.0]]
THREE_OF_FEW = np.argmax(_scores + np.random.default_rng(2).gumbel(size=(N_ROWS, 3)), axis=1)
FEW_AND_OTHERS = np.column_stack([FEW, MANY[:, 4:7] @ [1.5, -2.0, 1.5] + 0.2 * X[:, 0]])
CATEGORY = np.column_stack([X, _generator.integers(0, 4, size=N_ROWS)])


def logistic(solver="newton-cholesky", **settings):
    """LogisticRegression with a solver, as tight as it goes."""
    return LogisticRegression(solver=solver, **{"tol": 1e-12, "max_iter": 20_000, "random_state": 0} | settings)


def poisson(solver="newton-cholesky", **settings):
    """PoissonRegressor with a solver, as tight as it goes."""
    return PoissonRegressor(solver=solver, **{"tol": 1e-12, "max_iter": 10_000} | settings)


def _logistic_cases():
    slack = {"lbfgs": FLAT, "liblinear": FLAT}
    for solver in ("lbfgs", "newton-cg", "newton-cholesky", "sag", "saga", "liblinear"):
        model, quality = logistic(solver), (slack.get(solver, TIGHT), solver == "newton-cholesky")
        newton = {"in_sample": solver in ("newton-cholesky", "liblinear")}
        yield Case(f"binary-{solver}", model, X, BINARY, None, *quality)
        yield Case(f"binary-{solver}-weighted", model, X, BINARY, WEIGHTS, *quality, **newton)
        for name, rule in {"dict": {0: 2.5, 1: 0.5}, "balanced": "balanced"}.items():
            weighted = logistic(solver, class_weight=rule)
            yield Case(f"binary-{solver}-class-weight-{name}", weighted, X, BINARY, WEIGHTS, *quality)
        if solver == "liblinear":
            continue
        yield Case(f"softmax-{solver}", model, X, THREE, None, *quality, in_sample=solver == "lbfgs")
        # sag diverges on weighted softmax in scikit-learn 1.9: its gradient is still 0.1 after 20 000 epochs
        if solver != "sag":
            yield Case(f"softmax-{solver}-weighted", model, X, THREE, WEIGHTS, *quality)
        if solver.startswith(("lbfgs", "newton")):
            free = logistic(solver, C=np.inf)
            yield Case(f"binary-{solver}-no-penalty", free, X, BINARY, None, *quality)
            yield Case(f"softmax-{solver}-no-penalty", free, X, THREE, WEIGHTS, *quality, **newton)
    balanced = logistic(class_weight="balanced")
    named = logistic(class_weight={"no": 1.0, "maybe": 0.3, "certainly": 2.0})
    yield Case("softmax-balanced", balanced, X, THREE, WEIGHTS, TIGHT, True, in_sample=True)
    yield Case("softmax-words-class-weight-dict", named, X, WORDS, WEIGHTS, TIGHT, True, in_sample=True)
    yield Case("binary-odd-labels", logistic(C=0.1), X, ODD_LABELS, None, TIGHT, True)
    yield Case("binary-no-intercept", logistic(fit_intercept=False), X, BINARY, WEIGHTS, TIGHT, True)
    yield Case("softmax-no-intercept-no-penalty", logistic(C=np.inf, fit_intercept=False), X, THREE, None, TIGHT, True)
    yield Case("binary-liblinear-scaled-intercept", logistic("liblinear", intercept_scaling=3.0), X, BINARY, None, FLAT)
    yield Case("binary-liblinear-no-intercept", logistic("liblinear", fit_intercept=False), X, BINARY, None, FLAT)
    yield Case("binary-sparse", logistic("lbfgs"), SPARSE, BINARY, WEIGHTS, FLAT, in_sample=True)
    yield Case("softmax-sparse", logistic("newton-cg"), SPARSE, THREE, WEIGHTS)
    yield Case("binary-wide", logistic(C=0.3), WIDE, BINARY[:24], WEIGHTS[:24], TIGHT, True, in_sample=True)
    yield Case("softmax-wide", logistic("newton-cg"), WIDE, THREE[:24], WEIGHTS[:24])


def _logistic_cv_cases():
    chosen = {"Cs": [0.1, 1.0], "cv": 3, "tol": 1e-12, "max_iter": 10_000, "scoring": "neg_log_loss"}
    known = LogisticRegressionCV().get_params()
    # scikit-learn 1.9 warns unless these are set; older ones do not know them, or not these values
    chosen |= {"l1_ratios": (0.0,), "use_legacy_attributes": False} if "use_legacy_attributes" in known else {}
    for solver, slack in {"lbfgs": FLAT, "newton-cg": TIGHT, "newton-cholesky": TIGHT}.items():
        model, exact = LogisticRegressionCV(solver=solver, **chosen), solver == "newton-cholesky"
        yield Case(f"binary-cv-{solver}", model, X, BINARY, WEIGHTS, slack, exact)
        # scikit-learn 1.6 returns wrong intercepts of a softmax chosen and solved by newton-cholesky
        if not (exact and OLD):
            yield Case(f"softmax-cv-{solver}", model, X, WORDS, None, slack, exact, in_sample=solver == "newton-cg")


def _ridge_cases():
    exact = (TIGHT, True)
    for solver in ("auto", "svd", "cholesky", "lsqr", "sparse_cg", "sag", "saga"):
        model = Ridge(alpha=2.0, solver=solver, tol=1e-12, max_iter=100_000, random_state=0)
        quality = exact if solver in ("auto", "svd", "cholesky") else (TIGHT, False)
        yield Case(f"ridge-{solver}", model, X, REAL, WEIGHTS, *quality, in_sample=solver == "auto")
    yield Case("ridge-outputs", Ridge(), X, TWO_REALS, WEIGHTS, *exact)
    yield Case("ridge-outputs-alphas", Ridge(alpha=np.array([0.1, 5.0])), X, TWO_REALS, None, *exact, in_sample=True)
    yield Case("ridge-no-intercept", Ridge(fit_intercept=False), X, REAL, None, *exact)
    yield Case("ridge-sparse", Ridge(tol=1e-12), SPARSE, REAL, WEIGHTS, *exact)
    yield Case("ridge-wide", Ridge(alpha=3.0), WIDE, REAL[:24], WEIGHTS[:24], *exact)
    yield Case("ridge-cv", RidgeCV(alphas=[0.1, 1.0, 10.0]), X, REAL, WEIGHTS, *exact)
    yield Case("ridge-cv-folds", RidgeCV(alphas=[0.1, 1.0, 10.0], cv=3), X, REAL, None, *exact)
    yield Case("linear", LinearRegression(), X, REAL, WEIGHTS, *exact, in_sample=True)
    yield Case("linear-outputs", LinearRegression(), X, TWO_REALS, None, *exact)
    yield Case("linear-no-intercept", LinearRegression(fit_intercept=False), X, REAL, WEIGHTS, *exact)
    yield Case("ridge-classifier", RidgeClassifier(), X, BINARY, WEIGHTS, *exact)
    yield Case("ridge-classifier-words", RidgeClassifier(), X, WORDS, WEIGHTS, *exact, in_sample=True)
    weights = {0: 2.0, 1: 0.5, 2: 1.0}
    yield Case("ridge-classifier-dict", RidgeClassifier(class_weight=weights), X, THREE, WEIGHTS, *exact)
    balanced = RidgeClassifier(class_weight="balanced")
    yield Case("ridge-classifier-balanced", balanced, X, BINARY, WEIGHTS, *exact, in_sample=True)
    yield Case("ridge-classifier-cv", RidgeClassifierCV(alphas=[0.1, 1.0, 10.0]), X, THREE, None, *exact)


def _poisson_cases():
    for solver, slack in {"lbfgs": FLAT, "newton-cholesky": TIGHT}.items():
        exact = solver != "lbfgs"
        sampled = {"in_sample": exact}
        yield Case(f"poisson-{solver}", poisson(solver), X, COUNTS, None, slack, exact)
        yield Case(f"poisson-{solver}-weighted", poisson(solver), X, COUNTS, WEIGHTS, slack, exact, **sampled)
        yield Case(f"poisson-{solver}-no-penalty", poisson(solver, alpha=0), X, COUNTS, WEIGHTS, slack, exact)
    yield Case("poisson-no-intercept", poisson(fit_intercept=False, alpha=0.1), X, COUNTS, WEIGHTS, TIGHT, True)
    yield Case("poisson-sparse", poisson("lbfgs", alpha=0.3), SPARSE, COUNTS, WEIGHTS, FLAT)


def _tweedie_cases():
    tight = {"tol": 1e-12, "max_iter": 10_000}
    powers = (-1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0)
    for solver in ("lbfgs", "newton-cholesky"):
        newton = (TIGHT, True) if solver == "newton-cholesky" else (FLAT, False)
        gamma = GammaRegressor(alpha=0.1, solver=solver, **tight)
        yield Case(f"gamma-{solver}", gamma, X, AMOUNTS, WEIGHTS, *newton, in_sample=newton[1])
        for power in powers:
            y = AMOUNTS if power >= 2 else AMOUNTS_AND_ZEROS
            model = TweedieRegressor(power=power, alpha=0.1, link="log", solver=solver, **tight)
            # where the deviance is not convex, scikit-learn's Newton solver falls back on L-BFGS
            quality = newton if 1 <= power <= 2 else (FLAT, False)
            sampled = {"in_sample": newton[1] and power == 1.5}
            yield Case(f"tweedie-{power}-log-{solver}", model, X, y, WEIGHTS, *quality, **sampled)
    for power in powers:
        model = TweedieRegressor(power=power, alpha=0.1, link="identity", solver="newton-cholesky", **tight)
        yield Case(f"tweedie-{power}-identity", model, X, 5 + AMOUNTS, WEIGHTS, FLAT, in_sample=power == 2)
    automatic = TweedieRegressor(power=1.5, alpha=0.1, fit_intercept=False, solver="newton-cholesky", **tight)
    yield Case("tweedie-no-intercept", automatic, X, AMOUNTS_AND_ZEROS, None, TIGHT, True)
    yield Case("tweedie-sparse", TweedieRegressor(power=1.5, alpha=0.1, **tight), SPARSE, AMOUNTS, WEIGHTS, FLAT)
    wide = TweedieRegressor(power=3.0, alpha=1.0, **tight)  # rows of negative curvature, more parameters than rows
    yield Case("tweedie-wide", wide, WIDE, AMOUNTS[:24], WEIGHTS[:24], FLAT)


def _huber_cases():
    # L-BFGS stops where the objective falls by less than 2e-9, whatever its tol
    flat, tight = 3e-5, {"tol": 1e-12, "max_iter": 10_000}
    yield Case("huber", HuberRegressor(**tight), X, REAL, WEIGHTS, flat, in_sample=True)
    yield Case("huber-no-intercept", HuberRegressor(fit_intercept=False, alpha=0.1, **tight), X, REAL, None, flat)
    yield Case("huber-sparse", HuberRegressor(epsilon=1.1, alpha=1.0, **tight), SPARSE, REAL, WEIGHTS, flat)
    yield Case("huber-wide", HuberRegressor(alpha=100.0, **tight), WIDE, REAL[:24], WEIGHTS[:24], 1e-4)


def svc(**settings):
    """LinearSVC by its primal solver, as tight as it goes."""
    return LinearSVC(**{"dual": False, "tol": 1e-12, "max_iter": 10_000, "random_state": 0} | settings)


def _svm_cases():
    yield Case("svc", svc(), X, BINARY, None, FLAT)
    yield Case("svc-weighted", svc(C=0.3), X, WORDS_OF_TWO, WEIGHTS, FLAT, in_sample=True)
    # coordinate descent in the dual stops early
    yield Case("svc-dual", svc(dual=True, tol=1e-8, max_iter=100_000, C=0.1), X, BINARY, WEIGHTS, 1e-4)
    yield Case("svc-scaled-intercept", svc(intercept_scaling=3.0), X, BINARY, WEIGHTS, FLAT)
    yield Case("svc-no-intercept", svc(fit_intercept=False), X, BINARY, WEIGHTS, FLAT)
    yield Case("svc-dict", svc(class_weight={0: 2.5, 1: 0.5}), X, BINARY, WEIGHTS, FLAT)
    yield Case("svc-balanced", svc(class_weight="balanced"), X, BINARY, WEIGHTS, FLAT, in_sample=True)
    yield Case("svc-classes", svc(), X, WORDS, WEIGHTS, FLAT, in_sample=True)
    for name, rule in {"dict": {"no": 2.5, "maybe": 0.5, "certainly": 1.0}, "balanced": "balanced"}.items():
        sampled = {"in_sample": name == "balanced"}
        yield Case(f"svc-classes-{name}", svc(class_weight=rule), X, WORDS, WEIGHTS, FLAT, **sampled)
    yield Case("svc-sparse", svc(), SPARSE, THREE, WEIGHTS, FLAT)
    yield Case("svc-wide", svc(C=0.1), WIDE, BINARY[:24], WEIGHTS[:24], FLAT)
    tube = {"loss": "squared_epsilon_insensitive", "dual": False, "tol": 1e-12, "max_iter": 10_000}
    yield Case("svr", LinearSVR(epsilon=0.3, **tube), X, REAL, WEIGHTS, FLAT, in_sample=True)
    yield Case("svr-no-tube", LinearSVR(intercept_scaling=2.0, **tube), X, REAL, None, FLAT)
    yield Case("svr-sparse", LinearSVR(epsilon=0.3, C=0.1, **tube), SPARSE, REAL, WEIGHTS, FLAT)


def _sgd_cases():
    # averages of long runs come within a thousandth of the optimum; test_sgd.py tells their objective from others
    run = {"alpha": 0.05, "average": True, "tol": None, "max_iter": 300, "random_state": 0, "eta0": 0.01}
    run |= {"learning_rate": "invscaling", "power_t": 0.1}
    rough = 0.03
    for loss in ("log_loss", "modified_huber", "squared_hinge", "squared_error"):
        sampled = {"in_sample": loss == "log_loss"}
        yield Case(f"sgd-{loss}", SGDClassifier(loss=loss, **run), X, WORDS_OF_TWO, WEIGHTS, rough, **sampled)
        yield Case(f"sgd-{loss}-classes", SGDClassifier(loss=loss, **run), X, WORDS, WEIGHTS, rough, **sampled)
    for name, rule in {"dict": {0: 2.5, 1: 0.5}, "balanced": "balanced"}.items():
        weighted = SGDClassifier(loss="log_loss", class_weight=rule, **run)
        yield Case(f"sgd-class-weight-{name}", weighted, X, BINARY, WEIGHTS, rough)
    for name, rule in {"dict": {"no": 1.5, "maybe": 0.5, "certainly": 1.0}, "balanced": "balanced"}.items():
        weighted = SGDClassifier(loss="log_loss", class_weight=rule, **run)
        yield Case(f"sgd-classes-class-weight-{name}", weighted, X, WORDS, WEIGHTS, rough)
    free = SGDClassifier(loss="log_loss", penalty=None, **run)
    yield Case("sgd-no-penalty", free, X, BINARY, None, rough)
    for loss in ("squared_error", "huber", "squared_epsilon_insensitive"):
        model = SGDRegressor(loss=loss, epsilon=0.5, **run)
        yield Case(f"sgd-{loss}", model, X, REAL, WEIGHTS, rough, in_sample=loss == "huber")
    sparse_run = run | {"eta0": 0.1, "max_iter": 2000}  # intercepts of sparse rows learn a hundred times slower
    yield Case("sgd-sparse", SGDRegressor(**sparse_run), SPARSE, REAL, WEIGHTS, rough)


def _active_set_cases():
    tight = {"tol": 1e-14, "max_iter": 100_000}
    yield Case("lasso", Lasso(alpha=0.1, **tight), MANY, FEW, WEIGHTS, in_sample=True)
    yield Case("lasso-no-intercept", Lasso(alpha=0.1, fit_intercept=False, **tight), MANY, FEW, None)
    yield Case("lasso-sparse", Lasso(alpha=0.1, **tight), sparse.csr_matrix(MANY), FEW, WEIGHTS)
    yield Case("lasso-cv", LassoCV(alphas=[0.1, 0.2], cv=3, **tight), MANY, FEW, WEIGHTS)
    yield Case("lasso-outputs", Lasso(alpha=0.1, **tight), MANY, FEW_AND_OTHERS, WEIGHTS, in_sample=True)
    outputs = ElasticNet(alpha=0.1, l1_ratio=0.7, **tight)
    yield Case("elastic-net-outputs", outputs, sparse.csr_matrix(MANY), FEW_AND_OTHERS, None)
    yield Case("lasso-wide", Lasso(alpha=0.3, **tight), WIDE, WIDE[:, 0] - WIDE[:, 1], WEIGHTS[:24])
    yield Case("elastic-net", ElasticNet(alpha=0.1, l1_ratio=0.7, **tight), MANY, FEW, WEIGHTS, in_sample=True)
    chosen = ElasticNetCV(alphas=[0.1, 0.2], l1_ratio=[0.5, 0.9], cv=3, **tight)
    yield Case("elastic-net-cv", chosen, MANY, FEW, WEIGHTS)
    ratio = {"l1_ratio": 1.0} if logistic().get_params().get("penalty") == "deprecated" else {"penalty": "l1"}
    for solver in ("liblinear", "saga"):
        model = logistic(solver, C=0.3, **ratio)
        yield Case(f"binary-{solver}-l1", model, MANY, TWO_OF_FEW, WEIGHTS, FLAT, in_sample=solver == "liblinear")
    scaled = logistic("liblinear", C=1.0, intercept_scaling=3.0, class_weight="balanced", **ratio)
    yield Case("binary-liblinear-l1-scaled-intercept", scaled, MANY, TWO_OF_FEW, WEIGHTS, FLAT)
    softmax = logistic("saga", C=0.15, **ratio)
    yield Case("softmax-saga-l1", softmax, FIVE, THREE_OF_FEW, WEIGHTS, TIGHT, in_sample=True)
    for penalty in ({}, {"class_weight": "balanced", "intercept_scaling": 3.0}):
        two, three = (svc(penalty="l1", C=C, tol=1e-10, **penalty) for C in (0.1, 0.03))
        name = "svc-l1" + "-balanced" * bool(penalty)
        yield Case(name, two, MANY, TWO_OF_FEW, WEIGHTS, FLAT)
        yield Case(f"{name}-classes", three, FIVE, THREE_OF_FEW, WEIGHTS, FLAT, in_sample=bool(penalty))
    rest = OneVsRestClassifier(logistic("liblinear", C=0.15, **ratio))
    yield Case("rest-l1", rest, FIVE, THREE_OF_FEW, None, FLAT)
    mixed = {"l1_ratio": 0.5} | ({} if "l1_ratio" in ratio else {"penalty": "elasticnet"})
    yield Case("binary-saga-elastic-net", logistic("saga", C=0.2, **mixed), MANY, TWO_OF_FEW, WEIGHTS, TIGHT)
    yield Case("softmax-saga-elastic-net", logistic("saga", C=0.3, **mixed), FIVE, THREE_OF_FEW, WEIGHTS, TIGHT)
    yield from _sparse_cv_cases(mixed)


def _sparse_cv_cases(mixed):
    chosen = {"Cs": [0.1, 0.3], "l1_ratios": (0.5, 0.9), "cv": 3, "tol": 1e-12, "max_iter": 10_000, "random_state": 0}
    chosen |= {"penalty": mixed["penalty"]} if "penalty" in mixed else {"use_legacy_attributes": False}
    model = LogisticRegressionCV(solver="saga", scoring="neg_log_loss", **chosen)
    yield Case("binary-cv-elastic-net", model, MANY, TWO_OF_FEW, WEIGHTS, TIGHT)
    yield Case("softmax-cv-elastic-net", model, FIVE, THREE_OF_FEW, WEIGHTS, TIGHT)


def _rest_cases():
    exact = (TIGHT, True)
    yield Case("rest-words", OneVsRestClassifier(logistic()), X, WORDS, None, *exact, in_sample=True)
    yield Case("rest-two-classes", OneVsRestClassifier(logistic(C=0.1)), X, WORDS_OF_TWO, None, *exact)
    balanced = OneVsRestClassifier(logistic(class_weight="balanced"))
    yield Case("rest-two-classes-balanced", balanced, X, BINARY, None, *exact)
    yield Case("rest-liblinear", OneVsRestClassifier(logistic("liblinear")), X, THREE, None, FLAT)
    yield Case("rest-svc", OneVsRestClassifier(svc()), X, THREE, None, FLAT)
    yield Case("rest-ridge", OneVsRestClassifier(RidgeClassifier()), X, THREE, None, *exact)
    for name, rule in {"dict": {0: 0.5, 1: 2.0}, "balanced": "balanced"}.items():
        weighted = OneVsRestClassifier(logistic(class_weight=rule))
        yield Case(f"rest-{name}", weighted, X, WORDS, None, *exact, in_sample=name == "balanced")
        yield Case(
            f"rest-ridge-{name}", OneVsRestClassifier(RidgeClassifier(class_weight=rule)), X, WORDS, None, *exact
        )
    yield Case("rest-sparse", OneVsRestClassifier(logistic("lbfgs")), SPARSE, THREE, None, FLAT)


def _restated_cases():
    exact = (TIGHT, True)
    scaled = make_pipeline(StandardScaler(), Ridge())
    log = TransformedTargetRegressor(scaled, func=np.log, inverse_func=np.exp)
    yield Case("transformed-target", log, X, AMOUNTS, WEIGHTS, *exact, in_sample=True)
    outputs = TransformedTargetRegressor(transformer=StandardScaler())
    yield Case("transformed-target-outputs", outputs, X, TWO_REALS, WEIGHTS, *exact)
    yield Case("each-target", MultiOutputRegressor(Ridge(2.0)), X, TWO_REALS, WEIGHTS, *exact)
    chosen = MultiOutputRegressor(RidgeCV(alphas=[0.1, 1.0, 10.0]))
    yield Case("each-target-alphas", chosen, X, TWO_REALS, WEIGHTS, *exact, in_sample=True)
    yield Case("each-target-linear", MultiOutputRegressor(LinearRegression()), X, TWO_REALS, None, *exact)
    calibrated = CalibratedClassifierCV(logistic(), ensemble=False, cv=3)
    yield Case("calibrated", calibrated, X, WORDS, WEIGHTS, *exact, in_sample=True)


def _kernel_cases():
    # a feature of eigenvalue d is known to eps / d, and its gradient no better
    exact = (FLAT, True)
    smooth = KernelRidge(alpha=0.5, kernel="rbf", gamma=0.1)
    yield Case("kernel-ridge", smooth, X, REAL, WEIGHTS, *exact, in_sample=True)
    outputs = KernelRidge(alpha=[0.5, 1.0], kernel="poly", degree=2)
    yield Case("kernel-ridge-outputs", outputs, X, TWO_REALS, WEIGHTS, *exact)
    yield Case("kernel-ridge-sparse", KernelRidge(alpha=0.5), SPARSE, REAL, None, *exact)
    noisy = ConstantKernel(2.0) * RBF(2.0) + WhiteKernel(0.3)
    process = GaussianProcessRegressor(noisy, alpha=0.1, normalize_y=True, optimizer=None)
    yield Case("gaussian-process", process, X, 5 + 3 * REAL, None, *exact, in_sample=True)
    outputs = GaussianProcessRegressor(RBF(2.0), alpha=0.1, optimizer=None)
    yield Case("gaussian-process-outputs", outputs, X, TWO_REALS, None, *exact)


def _sums_cases():
    exact = (TIGHT, True)
    yield Case("naive-bayes", GaussianNB(), X, WORDS, WEIGHTS, *exact, in_sample=True)
    smooth = GaussianNB(var_smoothing=0.1, priors=[0.3, 0.7])
    yield Case("naive-bayes-priors", smooth, X, WORDS_OF_TWO, WEIGHTS, *exact)
    for solver in ("svd", "lsqr", "eigen"):
        plain = LinearDiscriminantAnalysis(solver=solver)
        yield Case(f"discriminant-{solver}", plain, X, BINARY, None, *exact, in_sample=solver == "svd")
        yield Case(f"discriminant-{solver}-classes", plain, X, WORDS, None, *exact)
        given = LinearDiscriminantAnalysis(solver=solver, priors=[0.2, 0.5, 0.3])
        yield Case(f"discriminant-{solver}-priors", given, X, WORDS, None, *exact)
    shrunk = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.3)
    yield Case("discriminant-shrunk", shrunk, X, WORDS, None, *exact, in_sample=True)
    yield Case("discriminant-shrunk-wide", shrunk, WIDE, BINARY[:24], None, *exact)
    both = LinearDiscriminantAnalysis(solver="eigen", shrinkage=0.5, priors=[0.2, 0.5, 0.3])
    yield Case("discriminant-shrunk-priors", both, X, WORDS, None, *exact)


def _wrapped_cases():
    scaled = make_pipeline(StandardScaler(), logistic())
    yield Case("pipeline", scaled, X, BINARY, WEIGHTS, TIGHT, True)
    search = GridSearchCV(scaled, {"logisticregression__C": [0.1, 1.0]}, cv=3)
    yield Case("search-of-pipeline", search, X, WORDS, WEIGHTS, TIGHT, True, in_sample=True)
    yield Case("pipeline-of-search", make_pipeline(StandardScaler(), RidgeCV()), X, REAL, None, TIGHT, True)
    mixed = ColumnTransformer([("number", StandardScaler(), [0, 1, 2]), ("category", OneHotEncoder(), [3])])
    yield Case("columns", make_pipeline(mixed, logistic()), CATEGORY, BINARY, WEIGHTS, TIGHT, True, in_sample=True)
    only = ColumnTransformer([("category", OneHotEncoder(handle_unknown="ignore"), [3])])
    yield Case("columns-sparse", make_pipeline(only, Ridge(tol=1e-12)), CATEGORY, REAL, WEIGHTS, TIGHT, True)


CASES = [
    *_logistic_cases(),
    *_logistic_cv_cases(),
    *_ridge_cases(),
    *_poisson_cases(),
    *_tweedie_cases(),
    *_huber_cases(),
    *_svm_cases(),
    *_sgd_cases(),
    *_active_set_cases(),
    *_rest_cases(),
    *_restated_cases(),
    *_kernel_cases(),
    *_wrapped_cases(),
]
SAMPLE = [case for case in CASES if case.in_sample]
BY_NAME = {case.name: case for case in CASES}
#: made of sums over their rows, without an objective
SUMS = {case.name: case for case in _sums_cases()}
