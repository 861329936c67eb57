"""attribute, trim and explain on a small table."""

import csv
import json
import re

import numpy as np
import pytest

from skinfluence.attributors import LeaveOneOut, RescaledInfluence
from skinfluence.cli.columns import Roles, choose_rows
from skinfluence.cli.models import build_model
from skinfluence.cli.tables import read_table
from skinfluence.trimming import DataTrimmer

pytest.importorskip("pandas", reason="the command line reads tables with pandas: skinfluence[cli]")

ONLY = "--drop name --drop half --drop amount --drop count"
#: where it is not the texts that matter: their columns take half of the time of a fit
NUMBERS = f"{ONLY} --drop town"


def rows_of(path):
    return list(csv.DictReader(path.read_text().splitlines()))


def model_and_rows(table):
    dropped = ("name", "half", "amount", "count")
    rows = choose_rows(read_table(table), Roles("label", ("sex",), dropped=dropped))
    return build_model("logistic", rows), rows


def test_attribute_gives_each_row_its_influence(run, table):
    status, out, err = run(f"attribute table.csv --target label {ONLY} --output scores.csv --quiet")
    assert (status, err) == (0, "")
    model, rows = model_and_rows(table)
    expected = RescaledInfluence(model).fit(rows.X, rows.y).attribute(rows.X, rows.y)
    found = rows_of(table.parent / "scores.csv")
    assert [int(row["row"]) for row in found] == list(range(120))
    np.testing.assert_allclose([float(row["influence"]) for row in found], expected.values, rtol=1e-9)
    assert "positive: deleting the row raises f" in out
    assert "the 120 training rows, which the model was fitted to (give --validation for others)" in out


def test_attribute_without_output_is_a_table_on_standard_output(run):
    status, out, err = run(f"attribute table.csv --target label {ONLY} --id name --sort harmful")
    assert status == 0
    assert out.startswith("row,name,influence\n")
    values = [float(line.rpartition(",")[2]) for line in out.splitlines()[1:]]
    # of a loss, the most harmful rows are the most negative
    assert values == sorted(values)
    assert "[3/3] attributing loss: " in err


@pytest.mark.parametrize("method", ["influence", "newton", "loo"])
def test_attribute_offers_other_methods(run, table, method):
    status, _, err = run(f"attribute table.csv --target label {ONLY} --method {method} --output s.csv")
    assert (status, "error" in err) == (0, False)
    loose = rows_of(table.parent / "s.csv")
    run(f"attribute table.csv --target label {ONLY} --output r.csv")
    rescaled = rows_of(table.parent / "r.csv")
    # other methods, same estimand: agreement on the scale of one deletion
    a, b = ([float(row["influence"]) for row in rows] for rows in (loose, rescaled))
    assert np.corrcoef(a, b)[0, 1] > 0.95


@pytest.mark.parametrize("model", ["knn", "kernel-svm", "lda"])
def test_models_without_a_smooth_loss_are_answered_by_exact_leave_one_out(run, table, model):
    status, out, err = run(f"attribute table.csv --target label {ONLY} --model {model} --output s.csv --quiet")
    assert (status, err) == (0, "")
    assert "leave-one-out (exact)" in out
    rows = choose_rows(read_table(table), Roles("label", ("sex",), dropped=("name", "half", "amount", "count")))
    expected = LeaveOneOut(build_model(model, rows)).fit(rows.X, rows.y).attribute(rows.X, rows.y).values
    found = [float(row["influence"]) for row in rows_of(table.parent / "s.csv")]
    # the table holds all digits
    np.testing.assert_array_equal(found, expected)


@pytest.mark.filterwarnings("ignore::skinfluence.exceptions.TrimmingWarning")
@pytest.mark.parametrize(("target", "drop", "model"), [("label", "amount", "knn"), ("amount", "label", "kernel-svr")])
def test_models_without_a_smooth_loss_are_trimmed_and_measured(run, target, drop, model):
    line = f"trim table.csv --target {target} --drop {drop} --drop name --drop half --drop count --model {model}"
    status, out, _ = run(f"{line} --budget 0,3 --json s.json")
    assert status == 0
    assert f"model      {model}" in out
    assert re.search(r"loss +[\d.]+ -> [\d.]+ +\(as many rows dropped at random", out)


def test_attribute_finds_rows_that_the_model_memorises(run, table):
    status, out, _ = run(f"attribute table.csv --target label {ONLY} --objective self_influence --output s.csv")
    assert status == 0
    assert "each training row itself" in out
    assert min(float(row["influence"]) for row in rows_of(table.parent / "s.csv")) >= 0


def test_attribute_writes_parquet_and_json(run, table):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow", reason="Parquet needs pyarrow: skinfluence[cli]")
    status, _, _ = run(f"attribute table.csv --target label {ONLY} --output s.parquet --json s.json")
    document = json.loads((table.parent / "s.json").read_text())
    assert status == 0
    assert document["influence"] == pandas.read_parquet(table.parent / "s.parquet")["influence"].tolist()
    assert (document["objective"], document["model"]) == ("loss", "logistic")


@pytest.mark.parametrize(("target", "model"), [("amount", "ridge"), ("label", "logistic"), ("count", "poisson")])
def test_every_kind_of_label_finds_its_model(run, target, model):
    asked = "" if model != "poisson" else "--model poisson"
    status, out, _ = run(f"attribute table.csv --target {target} --drop name --drop half {asked} --output s.csv")
    assert (status, f"model        {model}" in out) == (0, True)


def test_rows_without_a_label_keep_their_place(run, table):
    drop = ONLY.replace("--drop half", "--drop label")
    status, out, _ = run(f"attribute table.csv --target half {drop} --drop-missing-target")
    assert status == 0
    assert [int(line.split(",")[0]) for line in out.splitlines()[1:]] == list(range(0, 120, 2))
    status, out, _ = run(
        f"trim table.csv --target half {drop} --drop-missing-target --output kept.csv --budget 3 --check 0"
    )
    assert "3 of 60 rows" in out
    assert "60 rows without a label were left out too" in out
    kept = rows_of(table.parent / "kept.csv")
    assert len(kept) == 57
    assert all(row["half"] for row in kept)


@pytest.mark.filterwarnings("ignore::skinfluence.exceptions.TrimmingWarning")
def test_trim_keeps_rows_unchanged_and_drops_those_of_the_trimmer(run, table):
    line = f"trim table.csv --target label --sensitive sex {ONLY} --objective demographic_parity --budget 10%"
    status, out, _ = run(f"{line} --output kept.csv --json s.json")
    model, rows = model_and_rows(table)
    trimmer = DataTrimmer(model, target="demographic_parity", budget=0.1, random_state=0)
    trimmer.fit(rows.X, rows.y, sensitive_features=rows.groups)
    lines = table.read_text().splitlines(keepends=True)
    expected = [lines[0], *(lines[1 + row] for row in trimmer.sample_indices_)]
    assert status == 0
    assert (table.parent / "kept.csv").read_text() == "".join(expected)
    assert f"removed    {len(trimmer.trimmed_indices_)} of 120 rows" in out
    document = json.loads((table.parent / "s.json").read_text())
    assert document["removed_rows"] == trimmer.trimmed_indices_.tolist()
    assert sorted(document["removed_rows"] + document["kept_rows"]) == list(range(120))
    assert document["check"]["n_rows"] == 30
    assert "effect on 30 rows of table.csv, held out while the rest was trimmed" in out


def test_trim_without_output_shows_the_effect_and_writes_nothing(run, table):
    status, out, _ = run(f"trim table.csv --target label {NUMBERS} --budget 6")
    assert (status, [path.name for path in table.parent.iterdir()]) == (0, ["table.csv"])
    assert "removed    6 of 120 rows" in out
    assert "accuracy" in out


def test_trim_says_when_it_brings_nothing(run, table):
    status, out, _ = run(f"trim table.csv --target label {NUMBERS} --budget 0")
    assert status == 0
    assert "verdict   no improvement: keep all rows, or give rows with correct labels (--validation)" in out


def test_trim_chooses_among_budgets_on_validation_rows(run, table):
    (table.parent / "clean.csv").write_text(table.read_text())
    line = f"trim table.csv --target label {NUMBERS} --validation clean.csv --test clean.csv --budget 0,2%,5%"
    status, out, _ = run(f"{line} --json s.json")
    document = json.loads((table.parent / "s.json").read_text())
    scores = document["budgets"]["mean_test_score"]
    assert status == 0
    assert document["budget"] == document["budgets"]["budget"][int(np.argmax(scores))]
    # the judge is the mean loss on the validation rows, greater = better
    assert document["check"]["metrics"]["loss"][-1] == pytest.approx(-max(scores), rel=1e-9)
    assert "(the best of 3)" in out


def test_trim_by_cross_validation_measures_the_gap_in_each_fold(run, table):
    line = f"trim table.csv --target label --sensitive sex {NUMBERS} --objective demographic_parity --budget 0,10%"
    status, _, _ = run(f"{line} --check 0 --json s.json")
    budgets = json.loads((table.parent / "s.json").read_text())["budgets"]
    assert status == 0
    assert all(score <= 0 for score in budgets["mean_test_score"])
    assert "split4_test_score" in budgets


def test_trim_takes_weights_and_draws(run, table):
    pytest.importorskip("matplotlib", reason="pictures need matplotlib: skinfluence[plot]")
    dropped = "--drop name --drop label --drop half --drop town --drop sex"
    line = f"trim table.csv --target amount {dropped} --weight count --budget 5"
    status, out, _ = run(f"{line} --picture curves.svg")
    assert status == 0
    assert (table.parent / "curves.svg").read_text().startswith("<?xml")
    assert "R2" in out


def test_trim_keeps_parquet_as_it_is(run, table):
    pandas = pytest.importorskip("pandas")
    parquet = pytest.importorskip("pyarrow.parquet", reason="Parquet needs pyarrow: skinfluence[cli]")
    pandas.read_csv(table).astype({"count": "int8"}).to_parquet(table.parent / "t.parquet")
    status, _, _ = run(f"trim t.parquet --target label {ONLY} --budget 2 --check 0 --output kept.parquet --json s.json")
    kept = json.loads((table.parent / "s.json").read_text())["kept_rows"]
    assert status == 0
    whole = parquet.read_table(table.parent / "t.parquet")
    assert parquet.read_table(table.parent / "kept.parquet").equals(whole.take(kept), check_metadata=True)


def test_explain_prints_regions_that_hold_all_rows(run, table):
    status, out, _ = run(f"explain table.csv --target label {ONLY} --leaves 4 --json s.json")
    regions = json.loads((table.parent / "s.json").read_text())["regions"]
    assert status == 0
    assert sum(region["rows"] for region in regions) == 120
    assert 2 <= len(regions) <= 4
    assert all(region["rule"] in out for region in regions)
    means = [region["mean_influence"] for region in regions]
    assert means == sorted(means)


def test_explain_calls_categories_by_name(run):
    status, out, _ = run(f"explain table.csv --target label --drop age {ONLY} --leaves 8 --shrinkage 0")
    assert status == 0
    assert "sex is m" in out or "sex is f" in out
    assert "0.5" not in out.partition("regions")[2]
    # what a column is says enough about what it is not
    for line in out.partition("regions")[2].splitlines():
        assert not ("town is not" in line and "town is Bern" in line)


def test_explain_draws_the_tree(run, table):
    pytest.importorskip("matplotlib", reason="pictures need matplotlib: skinfluence[plot]")
    status, _, _ = run(f"explain table.csv --target label {ONLY} --picture tree.png")
    assert status == 0
    assert (table.parent / "tree.png").read_bytes().startswith(b"\x89PNG")


def test_warnings_become_notes_of_one_line(run):
    status, _, err = run(f"attribute table.csv --target label {ONLY} --set max_iter=1 --output s.csv --quiet")
    assert status in (0, 2)
    assert all(line.startswith("skinfluence: ") for line in err.splitlines())
    assert "skinfluence: note: lbfgs failed to converge" in err
