"""``skinfluence explain``: regions of helpful and harmful training rows, as text, picture and JSON."""

import sys

import numpy as np

from .._optional import require
from ..displays import InfluenceTreeDisplay
from ..influence_tree import Category, Date, InfluenceTree
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
            tree, explained = _fit_tree(question, influence, arguments)
            facts["tree explains"] = f"{explained:.0%} of the variance of the influences"
            regions = tree.regions()
            if picture:
                save(_draw(tree, question), picture, arguments.picture)
        if summary:
            measured_on = "validation rows" if question.validation else "training rows"
            found = [
                {"rule": each.rule, "rows": each.n_rows, "mean_influence": each.influence, "measured_on": measured_on}
                for each in regions
            ]
            write_json({**facts, "regions": found}, summary)
    print_facts(facts, sys.stdout)
    _print_regions(regions, influence, question)


def _check_arguments(arguments):
    if arguments.leaves < 2:
        raise CommandError(f"--leaves {arguments.leaves} is too few for a tree; give at least 2")
    if not arguments.shrinkage >= 0:
        raise CommandError(f"--shrinkage {arguments.shrinkage} is not possible; give 0 (no shrinkage) or more")
    if arguments.picture:
        check_picture(arguments.picture)


def _fit_tree(question, influence, arguments):
    """The tree, and the share of the variance that it explains."""
    pandas = require("pandas", "cli", "skinfluence explain")
    rows = question.training
    tree = InfluenceTree(
        reg_param=arguments.shrinkage,
        max_leaf_nodes=arguments.leaves,
        min_samples_leaf=max(1, min(20, len(rows) // 20)),
        random_state=arguments.seed,
    )
    names, columns, kinds = _columns(rows)
    features, labels = np.column_stack(columns), pandas.Series(rows.y, name=arguments.target)
    tree.fit(features, influence, rows.weight, labels=labels)
    # not as a frame: "city=Oslo", the column of a category, may be a column of the table too
    tree.tree_feature_names_[: len(names)] = names
    tree.column_kinds_ |= kinds
    return tree, tree.score(features, influence, rows.weight, labels=labels)


def _columns(rows):
    """Names, numbers, and what rules say of the columns: each frequent text has one of zeros and ones."""
    names, columns, kinds = [], [], {}
    for name in rows.X.columns:
        if name not in rows.text_columns:
            if rows.kinds[name] == "date":
                kinds[len(columns)] = Date()
            names.append(name)
            columns.append(rows.X[name])
            continue
        for value in rows.X[name].value_counts().index[:MOST_CATEGORIES]:
            kinds[len(columns)] = Category(name, value)
            names.append(f"{name}={value}")
            columns.append(rows.X[name] == value)
    return names, columns, kinds


def _draw(tree, question):
    name = f"mean influence on {question.objective.name}" + ("" if question.validation else " of the training rows")
    return InfluenceTreeDisplay.from_estimator(tree, max_depth=min(4, tree.get_depth()), value_name=name)


def _print_regions(regions, influence, question):
    better = influence.greater_is_better
    order = "by influence" if better is None else "most harmful first"
    print(f"\nregions, {order}: mean influence of a row, rows, region")
    width = max(len(f"{region.n_rows}") for region in regions)
    for region in regions:
        print(f"  {region.influence:+10.3g}  {region.n_rows:>{width}}  {region.rule}{_reservation(question)}")


def _reservation(question):
    """Beside every region, what its influence is on, unless it is on rows that the model was not trained on."""
    return "" if question.validation else "  [on the training rows themselves]"
