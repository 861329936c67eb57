"""``skinfluence explain``: regions of the training rows that help or harm, as text, picture and JSON."""

import sys

import numpy as np

from .._optional import require
from ..displays import InfluenceTreeDisplay
from ..influence_tree import InfluenceTree
from .attributing import influence_of
from .errors import CommandError
from .models import MOST_CATEGORIES
from .outputs import Outputs
from .pictures import check_picture, save
from .progress import Progress
from .question import ask
from .summary import print_facts, write_json

__all__ = ["run"]


def run(arguments):
    """Read, fit, attribute, grow the tree, print its regions."""
    if arguments.leaves < 2:
        raise CommandError(f"--leaves {arguments.leaves} makes no tree; give at least 2")
    if not arguments.shrinkage >= 0:
        raise CommandError(
            f"--shrinkage {arguments.shrinkage} is negative; give 0 (none) or a number of rows"
        )
    if arguments.picture:
        check_picture(arguments.picture)
    progress = Progress(4, arguments.quiet)
    with Outputs([arguments.data, arguments.validation]) as outputs:
        picture = outputs.claim(arguments.picture) if arguments.picture else None
        summary = outputs.claim(arguments.json) if arguments.json else None
        with progress.step(f"reading {arguments.data}"):
            question = ask(arguments)
        influence, facts = influence_of(question, arguments.method, progress)
        with progress.step("growing the influence tree"):
            tree, features, labels = _grow(question, influence, arguments)
            regions = [(_readable(region.rule, features), region) for region in tree.regions()]
            facts["tree explains"] = (
                f"{tree.score(features, influence, labels=labels):.0%} of the variance of the influences"
            )
            if picture:
                display = InfluenceTreeDisplay.from_estimator(
                    tree,
                    max_depth=min(4, tree.get_depth()),
                    value_name=f"mean influence on {question.objective.name}",
                )
                save(display, picture, arguments.picture)
        if summary:
            found = [
                {"rule": rule, "rows": each.n_rows, "mean_influence": each.influence}
                for rule, each in regions
            ]
            write_json({**facts, "sign": influence.sign, "regions": found}, summary)
    print_facts({**facts, "sign": influence.sign}, sys.stdout)
    _print_regions(regions, influence)


def _grow(question, influence, arguments):
    pandas = require("pandas", "cli", "skinfluence explain")
    rows = question.training
    tree = InfluenceTree(
        reg_param=arguments.shrinkage,
        max_leaf_nodes=arguments.leaves,
        min_samples_leaf=max(1, min(20, len(rows) // 20)),
        random_state=arguments.seed,
    )
    features = _columns(pandas, rows)
    labels = pandas.Series(rows.y, name=arguments.target)
    return tree.fit(features, influence, rows.weight, labels=labels), features, labels


def _columns(pandas, rows):
    """Numbers as they are; a column of zeros and ones, named column=value, for each frequent text."""
    columns = {}
    for name in rows.X.columns:
        if name not in rows.text_columns:
            columns[str(name)] = rows.X[name]
            continue
        for value in rows.X[name].value_counts().index[:MOST_CATEGORIES]:
            columns[f"{name}={value}"] = (rows.X[name] == value).astype(np.float64)
    return pandas.DataFrame(columns)


def _readable(rule, features):
    for name in sorted(features.columns, key=len, reverse=True):
        column, equals, value = name.partition("=")
        if equals:
            rule = rule.replace(f"{name} ≤ 0.5", f"{column} is not {value}").replace(
                f"{name} > 0.5", f"{column} is {value}"
            )
    return rule


def _print_regions(regions, influence):
    better = influence.greater_is_better
    order = "by influence" if better is None else "most harmful first"
    print(f"\nregions, {order}: mean influence of a row, rows, region")
    width = max(len(f"{region.n_rows}") for _, region in regions)
    for rule, region in regions:
        print(f"  {region.influence:+10.3g}  {region.n_rows:>{width}}  {rule}")
