"""Estimators with drawn settings, tight where they iterate, and wrappers around them."""

from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.feature_selection import VarianceThreshold
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, WhiteKernel
from sklearn.impute import SimpleImputer
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import (
    ElasticNet,
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
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.neighbors import (
    KNeighborsClassifier,
    KNeighborsRegressor,
    RadiusNeighborsClassifier,
    RadiusNeighborsRegressor,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, PolynomialFeatures, StandardScaler
from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from generated.draws import choose, magnitude

__all__ = ["draw_estimator"]

#: scikit-learn 1.9 has no penalty="l1" any more
BY_RATIO = LogisticRegression().get_params().get("penalty") == "deprecated"
ITERATIONS = 500


def _flag(rng):
    return bool(rng.random() < 0.8)


def _class_weight(rng):
    return choose(rng, {None: 6, "balanced": 2})


def _penalty(kind):
    """The settings of LogisticRegression that name a penalty."""
    if BY_RATIO:
        return {"l2": {}, "l1": {"l1_ratio": 1.0}, "elasticnet": {"l1_ratio": 0.5}}[kind]
    return {"penalty": kind} | ({"l1_ratio": 0.5} if kind == "elasticnet" else {})


def _logistic(rng, solvers=("lbfgs", "newton-cg", "newton-cholesky", "newton-cholesky", "liblinear", "saga")):
    solver = solvers[rng.integers(len(solvers))]
    kind = choose(rng, {"l2": 8, "l1": 1 if solver in ("liblinear", "saga") else 0})
    C = choose(rng, {"drawn": 9, float("inf"): 0 if solver in ("liblinear", "saga") else 1})
    return LogisticRegression(
        C=magnitude(rng) if C == "drawn" else C,
        solver=solver,
        fit_intercept=_flag(rng),
        class_weight=_class_weight(rng),
        tol=1e-12,
        # Newton's way takes ten steps, or has lost itself
        max_iter=100 if solver.startswith("newton") else ITERATIONS,
        random_state=0,
        **_penalty(kind),
    )


def _newton_logistic(rng):
    return _logistic(rng, ("newton-cholesky",))


def _chosen_logistic(rng):
    # scikit-learn 1.9 warns unless these are set; older ones do not know them, or not these values
    newer = "use_legacy_attributes" in LogisticRegressionCV().get_params()
    known = {"l1_ratios": (0.0,), "use_legacy_attributes": False} if newer else {}
    return LogisticRegressionCV(Cs=[magnitude(rng), 1.0], cv=2, tol=1e-10, max_iter=ITERATIONS, **known)


def _ridge(rng):
    solver = choose(rng, dict.fromkeys(("auto", "svd", "cholesky", "lsqr", "sparse_cg"), 1))
    return Ridge(magnitude(rng), fit_intercept=_flag(rng), solver=solver, tol=1e-12, max_iter=ITERATIONS)


def _classifying_ridge(rng):
    return RidgeClassifier(magnitude(rng), fit_intercept=_flag(rng), class_weight=_class_weight(rng))


def _glm(cls, rng, **settings):
    alpha = magnitude(rng) if rng.random() < 0.9 else 0.0
    solver = choose(rng, {"lbfgs": 1, "newton-cholesky": 2})
    return cls(alpha=alpha, fit_intercept=_flag(rng), solver=solver, tol=1e-12, max_iter=ITERATIONS, **settings)


def _tweedie(rng):
    link = choose(rng, {"log": 3, "identity": 1})
    return _glm(TweedieRegressor, rng, power=float(choose(rng, dict.fromkeys((0, 1, 1.5, 2, 3), 1))), link=link)


def _huber(rng):
    alpha = magnitude(rng)
    tight = {"tol": 1e-12, "max_iter": ITERATIONS}
    return HuberRegressor(epsilon=rng.uniform(1.05, 2), alpha=alpha, fit_intercept=_flag(rng), **tight)


def _linear_svc(rng):
    penalty = choose(rng, {"l2": 5, "l1": 1})
    settings = {"dual": False, "tol": 1e-12, "max_iter": ITERATIONS, "random_state": 0, "class_weight": "balanced"}
    return LinearSVC(penalty, C=magnitude(rng), fit_intercept=_flag(rng), **settings)


def _linear_svr(rng):
    settings = {"loss": "squared_epsilon_insensitive", "dual": False, "tol": 1e-12, "max_iter": ITERATIONS}
    return LinearSVR(epsilon=choose(rng, {0.0: 1, 0.3: 1}), C=magnitude(rng), fit_intercept=_flag(rng), **settings)


def _sgd(cls, loss, rng):
    return cls(loss=loss, alpha=10 ** rng.uniform(-3, 1), average=True, tol=None, max_iter=100, random_state=0)


def _lasso(rng):
    return Lasso(magnitude(rng), fit_intercept=_flag(rng), tol=1e-12, max_iter=ITERATIONS)


def _elastic_net(rng):
    ratio = rng.uniform(0.1, 1)
    return ElasticNet(magnitude(rng), l1_ratio=ratio, fit_intercept=_flag(rng), tol=1e-12, max_iter=ITERATIONS)


def _kernel(rng, C):
    kernel = choose(rng, {"rbf": 3, "linear": 2, "poly": 1, "sigmoid": 0.5})
    gamma = choose(rng, {"drawn": 3, "scale": 1})
    degree = {"degree": 2} if kernel == "poly" else {}
    return {"C": C, "kernel": kernel, "gamma": 10 ** rng.uniform(-2, 1) if gamma == "drawn" else gamma} | degree


def _svc(rng):
    return SVC(**_kernel(rng, magnitude(rng)), class_weight=_class_weight(rng), tol=1e-8, max_iter=10_000)


def _svr(rng):
    return SVR(**_kernel(rng, magnitude(rng)), epsilon=choose(rng, {0.0: 1, 0.1: 2}), tol=1e-8, max_iter=10_000)


def _kernel_ridge(rng):
    kernel = choose(rng, {"rbf": 2, "linear": 1, "poly": 1})
    return KernelRidge(alpha=magnitude(rng), kernel=kernel, gamma=10 ** rng.uniform(-2, 1))


def _process(rng):
    kernel = RBF(10 ** rng.uniform(-1, 1)) + WhiteKernel(10 ** rng.uniform(-3, 0))
    return GaussianProcessRegressor(kernel, alpha=1e-6, normalize_y=not _flag(rng), optimizer=None)


def _neighbours(cls, rng):
    weights = choose(rng, {"uniform": 2, "distance": 1})
    return cls(n_neighbors=int(rng.integers(1, 6)), weights=weights)


def _radius(cls, rng):
    return cls(radius=10 ** rng.uniform(-1, 1.5))


def _discriminant(rng):
    solver = choose(rng, {"svd": 3, "lsqr": 1, "eigen": 1})
    shrinkage = None if solver == "svd" else choose(rng, {None: 1, 0.3: 2})
    return LinearDiscriminantAnalysis(solver=solver, shrinkage=shrinkage)


def _quadratic(rng):
    return QuadraticDiscriminantAnalysis(reg_param=choose(rng, {0.0: 1, 0.1: 2}))


def _smoothed(cls, rng, **settings):
    # smaller ones are lost in scikit-learn's differences of counts and of probabilities
    return cls(alpha=choose(rng, {1.0: 2, 1e-3: 1}), **settings)


def _categories(rng):
    return CategoricalNB(min_categories=5)


#: of each kind of labels: how an estimator is made of the generator, and its chance; others have whole columns
ESTIMATORS = {
    "two": {
        _logistic: 10,
        _newton_logistic: 5,
        _classifying_ridge: 2,
        _linear_svc: 2,
        _svc: 3,
        lambda rng: _neighbours(KNeighborsClassifier, rng): 1,
        lambda rng: _radius(RadiusNeighborsClassifier, rng): 0.5,
        lambda rng: GaussianNB(var_smoothing=choose(rng, {1e-9: 1, 0.1: 1})): 1,
        _discriminant: 2,
        _quadratic: 1,
        lambda rng: _sgd(SGDClassifier, "log_loss", rng): 0.5,
        lambda rng: OneVsRestClassifier(_newton_logistic(rng)): 0.5,
        lambda rng: CalibratedClassifierCV(_newton_logistic(rng), ensemble=False, cv=2): 0.5,
        lambda rng: DecisionTreeClassifier(max_depth=3, random_state=0): 0.5,
        lambda rng: RandomForestClassifier(3, random_state=0): 0.1,
        lambda rng: DummyClassifier(): 0.2,
        lambda rng: FixedThresholdClassifier(_newton_logistic(rng), threshold=0.3): 0.5,
        _chosen_logistic: 0.3,
        lambda rng: RidgeClassifierCV([magnitude(rng), 1.0]): 0.3,
    },
    "real": {
        _ridge: 6,
        lambda rng: LinearRegression(fit_intercept=_flag(rng)): 4,
        _huber: 1.5,
        _linear_svr: 1.5,
        _lasso: 2,
        _elastic_net: 2,
        _svr: 2,
        _kernel_ridge: 1.5,
        _process: 1,
        lambda rng: _neighbours(KNeighborsRegressor, rng): 1,
        lambda rng: _radius(RadiusNeighborsRegressor, rng): 0.5,
        lambda rng: _sgd(SGDRegressor, "squared_error", rng): 0.3,
        lambda rng: RidgeCV([magnitude(rng), 1.0]): 0.5,
        lambda rng: LassoCV(alphas=[0.1, 1.0], cv=2, tol=1e-12, max_iter=ITERATIONS): 0.3,
        lambda rng: TransformedTargetRegressor(_ridge(rng), transformer=StandardScaler()): 0.5,
        lambda rng: DecisionTreeRegressor(max_depth=3, random_state=0): 0.5,
        lambda rng: HistGradientBoostingRegressor(max_iter=3, min_samples_leaf=2): 0.1,
        lambda rng: _glm(TweedieRegressor, rng, power=0.0, link="identity"): 0.5,
    },
    "counts": {lambda rng: _glm(PoissonRegressor, rng): 4, _tweedie: 2},
    "positive": {lambda rng: _glm(GammaRegressor, rng): 3, _tweedie: 3},
    "outputs": {
        _ridge: 3,
        lambda rng: LinearRegression(fit_intercept=_flag(rng)): 2,
        _lasso: 1,
        _kernel_ridge: 1,
        lambda rng: MultiOutputRegressor(_ridge(rng)): 1,
        lambda rng: _neighbours(KNeighborsRegressor, rng): 1,
        lambda rng: DecisionTreeRegressor(max_depth=2, random_state=0): 0.3,
    },
}
#: estimators of whole columns
WHOLE = {
    lambda rng: _smoothed(MultinomialNB, rng): 1,
    lambda rng: _smoothed(BernoulliNB, rng): 1,
    lambda rng: _smoothed(ComplementNB, rng): 1,
    _categories: 1,
}
#: how likely each kind of labels is
TASKS = {"two": 5, "classes": 3, "real": 4, "counts": 1.5, "positive": 1, "outputs": 1}

WRAPPERS = {
    "alone": (lambda estimator: estimator, 10),
    "scaled": (lambda estimator: make_pipeline(StandardScaler(), estimator), 4),
    "imputed and scaled": (lambda estimator: make_pipeline(SimpleImputer(), StandardScaler(), estimator), 2),
    "scaled to [0, 1]": (lambda estimator: make_pipeline(MinMaxScaler(), estimator), 1),
    "one component": (lambda estimator: make_pipeline(PCA(1), estimator), 0.5),
    "columns that vary": (lambda estimator: make_pipeline(VarianceThreshold(), estimator), 0.5),
    "products": (lambda estimator: make_pipeline(PolynomialFeatures(2), estimator), 0.5),
    "first column as categories": (
        lambda estimator: make_pipeline(
            ColumnTransformer([("first", OneHotEncoder(handle_unknown="ignore"), [0])], remainder="passthrough"),
            estimator,
        ),
        0.5,
    ),
    "in a search": (lambda estimator: GridSearchCV(make_pipeline(StandardScaler(), estimator), {}, cv=2), 0.5),
}


def draw_estimator(rng):
    """The kind of labels, whether columns are whole, and an unfitted estimator."""
    task = choose(rng, TASKS)
    whole = task in ("two", "classes") and rng.random() < 0.1
    makers = WHOLE if whole else ESTIMATORS.get(task, ESTIMATORS["two"])
    estimator = choose(rng, makers)(rng)
    around = "alone" if whole else choose(rng, {name: chance for name, (_, chance) in WRAPPERS.items()})
    if around == "alone" and isinstance(estimator, SVC | SVR) and rng.random() < 0.8:
        # libsvm takes seconds for columns that are far from zero
        around = "scaled"
    return task, whole, WRAPPERS[around][0](estimator)
