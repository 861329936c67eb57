"""``skinfluence explain``: regions of helpful and harmful training rows, as text, picture and JSON."""

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
from .question import read_question
from .summary import print_facts, write_json

__all__ = ["run"]


def run(arguments):
    """Read, fit, attribute, fit the tree, print its regions."""
    _check_arguments(arguments)
    progress = Progress(4, arguments.quiet)
    with Outputs([arguments.data, arguments.validation]) as outputs:
        picture, summary = (outputs.reserve(name) if name else None for name in (arguments.picture, arguments.json))
        with progress.step(f"reading {arguments.data}"):
            question = read_question(arguments)
        influence, facts = influence_of(question, arguments.method, progress)
        facts["sign"] = influence.sign
        with progress.step("fitting the influence tree"):
            tree, explained, words = _fit_tree(question, influence, arguments)
            facts["tree explains"] = f"{explained:.0%} of the variance of the influences"
            regions = [(_readable(region.rule, words), region) for region in tree.regions()]
            if picture:
                save(_draw(tree, question), picture, arguments.picture)
        if summary:
            found = [{"rule": rule, "rows": each.n_rows, "mean_influence": each.influence} for rule, each in regions]
            write_json({**facts, "regions": found}, summary)
    print_facts(facts, sys.stdout)
    _print_regions(regions, influence)


def _check_arguments(arguments):
    if arguments.leaves < 2:
        raise CommandError(f"--leaves {arguments.leaves} is too few for a tree; give at least 2")
    if not arguments.shrinkage >= 0:
        raise CommandError(f"--shrinkage {arguments.shrinkage} is not possible; give 0 (no shrinkage) or more")
    if arguments.picture:
        check_picture(arguments.picture)


def _fit_tree(question, influence, arguments):
    """The tree, the share of the variance that it explains, and the meaning of its columns of zeros and ones."""
    pandas = require("pandas", "cli", "skinfluence explain")
    rows = question.training
    tree = InfluenceTree(
        reg_param=arguments.shrinkage,
        max_leaf_nodes=arguments.leaves,
        min_samples_leaf=max(1, min(20, len(rows) // 20)),
        random_state=arguments.seed,
    )
    columns, words = _columns(rows)
    features, labels = pandas.DataFrame(columns), pandas.Series(rows.y, name=arguments.target)
    tree.fit(features, influence, rows.weight, labels=labels)
    return tree, tree.score(features, influence, rows.weight, labels=labels), words


def _columns(rows):
    """Numbers as they are; for each frequent text a column of zeros and ones, with their meaning."""
    columns, words = {}, {}
    for name in rows.X.columns:
        if name not in rows.text_columns:
            columns[name] = rows.X[name]
            continue
        for value in rows.X[name].value_counts().index[:MOST_CATEGORIES]:
            column = f"{name}={value}"
            columns[column] = (rows.X[name] == value).astype(np.float64)
            words |= {f"{column} ≤ 0.5": (name, "is not", value), f"{column} > 0.5": (name, "is", value)}
    return columns, words


def _readable(rule, words):
    """The rule with categories by name; where a column *is* a value, what it is not is left out."""
    said = {condition: words[condition] for condition in sorted(words, key=len, reverse=True) if condition in rule}
    known = {column for column, verb, _ in said.values() if verb == "is"}
    for condition, (column, verb, value) in said.items():
        redundant = verb == "is not" and column in known
        rule = rule.replace(condition, "" if redundant else f"{column} {verb} {value}")
    return " and ".join(part for part in rule.split(" and ") if part)


def _draw(tree, question):
    name = f"mean influence on {question.objective.name}"
    return InfluenceTreeDisplay.from_estimator(tree, max_depth=min(4, tree.get_depth()), value_name=name)


def _print_regions(regions, influence):
    better = influence.greater_is_better
    order = "by influence" if better is None else "most harmful first"
    print(f"\nregions, {order}: mean influence of a row, rows, region")
    width = max(len(f"{region.n_rows}") for _, region in regions)
    for rule, region in regions:
        print(f"  {region.influence:+10.3g}  {region.n_rows:>{width}}  {rule}")
