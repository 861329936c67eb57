"""Rules of the code, read from its imports: rooms and their floors, optional packages, sizes of files and functions."""

import ast
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "skinfluence"
FLOORS = {
    "__main__": 10,
    "cli": 9,
    "displays": 7,
    **dict.fromkeys(("trimming", "influence_tree", "subsets", "testing"), 6),
    "attributors": 5,
    **dict.fromkeys(("fidelity", "removal"), 4),
    **dict.fromkeys(("adapters", "targets"), 3),
    **dict.fromkeys(("problems", "solvers", "structures"), 2),
    **dict.fromkeys(("losses", "operators", "influence", "autodiff", "models", "_parallel"), 1),
    **dict.fromkeys(
        (
            "exceptions",
            "rows",
            "_influence_arithmetic",
            "_warnings",
            "_memory",
            "_progress",
            "_optional",
            "_compat",
            "_typing",
        ),
        0,
    ),
}
#: package: rooms that may import it; everyone else goes through _optional.require
OPTIONAL = {
    "matplotlib": {"displays"},
    "pandas": {"adapters", "cli"},
    "pyarrow": {"cli"},
    "lifelines": {"adapters"},
    "sksurv": {"adapters"},
    "torch": {"adapters"},
    "autograd": set(),
    "jax": set(),
    "imblearn": {"trimming"},
    "dask": set(),
}
#: modules of scikit-learn whose classes only adapters name; the others are documented defaults and the demo's models
ESTIMATORS = (
    "sklearn.linear_model",
    "sklearn.svm",
    "sklearn.ensemble",
    "sklearn.neural_network",
    "sklearn.neighbors",
)
NAMES_ESTIMATORS = {
    "adapters": "they are what it is about",
    "cli": "offers them by name",
    "attributors": "LogisticRegression or Ridge when no estimator is given",
    "trimming": "the same default",
    "testing": "the batteries need models to run on",
}
WORDS = {"coef_", "intercept_", "C", "l1_ratio"}
FILES = sorted(PACKAGE.rglob("*.py"))
MODULES = {".".join(path.relative_to(PACKAGE).with_suffix("").parts): path for path in FILES}


@cache
def tree(module):
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


@cache
def nodes(module):
    return list(ast.walk(tree(module)))


def everywhere(law):
    """A law of one module, tested on each in one test, which names all that break it."""

    def test():
        broken = [said for module in MODULES if (said := refusal(law, module))]
        assert not broken, "\n".join(broken)

    test.__name__, test.__doc__ = law.__name__, law.__doc__
    return test


def refusal(law, module):
    try:
        law(module)
    except AssertionError as error:
        return f"{module}: {error}"
    return ""


def room(module):
    return module.partition(".")[0]


@cache
def imports(module, when_called=True):
    """Dotted names that a module imports, also inside its functions; those of the package start with a dot."""
    return list(_imports(module, when_called))


def _imports(module, when_called):
    package = module.split(".")[:-1]
    functions = [] if when_called else [node for node in nodes(module) if isinstance(node, ast.FunctionDef)]
    late = {inner for node in functions for inner in ast.walk(node)}
    for node in nodes(module):
        if node in late and not when_called:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - (node.level - 1)] + (node.module.split(".") if node.module else [])
            yield from (resolve([*base, alias.name]) for alias in node.names)


def resolve(parts):
    """`.room.module` of a name imported from the package: the longest part of it that is a module."""
    while parts and ".".join(parts) not in MODULES and ".".join([*parts, "__init__"]) not in MODULES:
        parts = parts[:-1]
    return "." + ".".join(parts)


def local(module, when_called=True):
    return [name[1:] for name in imports(module, when_called) if name.startswith(".")]


@everywhere
def test_imports_go_down_the_floors(module):
    if module == "__init__":
        return
    assert room(module) in FLOORS, f"give the room {room(module)!r} a floor"
    for other in filter(None, map(room, local(module))):
        same = other == room(module)
        assert same or FLOORS[other] < FLOORS[room(module)], f"{module} on floor {FLOORS[room(module)]} imports {other}"
    # __version__ is the one thing that the package's own front door gives to the rooms
    assert "" not in local(module) or room(module) == "cli"


def test_floors_name_the_rooms_that_there_are():
    assert set(FLOORS) == {room(module) for module in MODULES} - {"__init__"}


@everywhere
def test_optional_packages_have_one_door(module):
    for name in imports(module):
        allowed = OPTIONAL.get(name.partition(".")[0])
        assert allowed is None or room(module) in allowed, f"{module} imports {name}: use _optional.require"


@everywhere
def test_estimator_classes_are_known_to_adapters_only(module):
    if room(module) in NAMES_ESTIMATORS:
        return
    assert not [name for name in imports(module) if name.startswith(ESTIMATORS)]
    found = {node.attr for node in nodes(module) if isinstance(node, ast.Attribute)} & WORDS
    assert not found, f"{module} reads {found} of an estimator; that is the adapters' business"


@everywhere
def test_only_the_command_line_prints(module):
    names = {node.id for node in nodes(module) if isinstance(node, ast.Name)}
    assert room(module) == "cli" or "print" not in names


@everywhere
def test_warnings_are_given_by_one_function(module):
    calls = {ast.unparse(node.func) for node in nodes(module) if isinstance(node, ast.Call)}
    assert module == "_warnings" or "warnings.warn" not in calls, f"{module} warns by itself: use _warnings.warn"


@everywhere
def test_files_and_functions_stay_short(module):
    lines = MODULES[module].read_text(encoding="utf-8").count("\n")
    assert lines <= 300, f"{module} has {lines} lines"
    for node in nodes(module):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            length = body[-1].end_lineno - body[0].lineno + 1 if body else 0
            assert length <= 25 or only_stores(node), f"{module}.{node.name} has {length} lines"


def only_stores(function):
    """Whether a constructor only stores its arguments, one a line, as scikit-learn asks."""
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call | ast.If)]
    return function.name == "__init__" and len(calls) <= 1


def test_modules_have_no_import_cycle():
    graph = {}
    for module in MODULES:
        below = local(module)
        names = [name if name in MODULES else f"{name}.__init__".lstrip(".") for name in below]
        graph[module] = {name for name in names if name in MODULES and name not in (module, "__init__")}
    while leaves := {module for module, below in graph.items() if not below & graph.keys()}:
        graph = {module: below for module, below in graph.items() if module not in leaves}
    assert not graph, f"a cycle goes through {sorted(graph)}"
