"""Every mistake is answered by one line that says what to do, status 2, and no file."""

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from skinfluence.cli import main
from skinfluence.cli.errors import did_you_mean

pandas = pytest.importorskip("pandas", reason="the command line reads tables with pandas: skinfluence[cli]")

ONLY = "--drop name --drop half --drop amount --drop count"
GOOD = f"table.csv --target label {ONLY}"
PARITY = "--objective demographic_parity"
#: command line: what the line of the answer says
MISTAKES = {
    "trim tabel.csv --target label": "no file 'tabel.csv'; did you mean 'table.csv'",
    "trim table.csv --target lable": "no column 'lable' in 'table.csv' (--target); did you mean 'label'?",
    "trim table.csv --target half": "60 of 120 rows have no 'half' (rows 1, 3, 5, ..., counted from 0); fill them in, "
    "or leave these rows out with --drop-missing-target",
    f"trim {GOOD} --sensitive town {PARITY}": "rows have no 'town', so their group is unknown; fill them in",
    f"trim {GOOD} {PARITY}": "--objective demographic_parity compares groups; name their column with --sensitive "
    "(one of 'sex', 'town'?)",
    f"trim {GOOD} --sensitive sex": "--objective auto compares no groups, so --sensitive does nothing",
    f"trim {GOOD} --objective demografic_parity": "no objective 'demografic_parity'; did you mean 'demographic_parity'",
    f"trim {GOOD} --objective margin": "--objective margin has no better direction, so no row is harmful; choose loss",
    f"attribute {GOOD} --objective margin --sort harmful": "no better direction, so no row is harmful; use --sort row",
    f"trim {GOOD} --model ridge": "--model ridge needs numbers in 'label', but it holds",
    f"trim {GOOD} --set D=1": "--set D=1 is not possible for --model logistic; give NAME=VALUE, where NAME is one of "
    "'C'",
    f"trim {GOOD} --set C=-1": "--set C=-1 is not possible: C must be a float in the range (0.0, inf]",
    f"trim {GOOD} --budget 1.5": "--budget 1.5 is not possible; give a fraction",
    f"trim {GOOD} --budget 500": "--budget 500 is too many: there are 120 rows to trim and some must stay",
    f"trim {GOOD} --output table.csv": "is an input; write to another file, so that the original is kept",
    f"trim {GOOD} --output no/kept.csv": "does not exist; create it first, or write elsewhere",
    f"trim {GOOD} --output kept.parquet": "differ in format; the kept rows are copied unchanged, so name the output",
    f"trim {GOOD} --output kept": "cannot tell the format of 'kept' from its name; name it .csv",
    f"trim {GOOD} --output a.csv --json a.csv": "is given for two outputs; give each its own name",
    f"trim {GOOD} --picture curves.doc": "cannot draw 'curves.doc'; name the picture .png, .svg or .pdf",
    f"trim {GOOD} --picture c.png --check 0": "--picture shows the result of the check; leave out --check 0, or give a "
    "--test file",
    f"trim {GOOD} --check 1": "--check 1.0 is not a fraction; give a number from 0 to below 1",
    f"trim {GOOD} --check 0.001": "--check 0.001 leaves too few rows on one side",
    f"trim {GOOD} --separator ;": "the only column is 'name,age,sex",
    f"trim {GOOD} --separator ;;": "--separator ';;' is not one character; give e.g. ';' or tab",
    f"explain {GOOD} --leaves 1": "--leaves 1 is too few for a tree; give at least 2",
    f"explain {GOOD} --shrinkage -1": "--shrinkage -1.0 is not possible; give 0 (no shrinkage) or more",
    f"attribute {GOOD} --output scores.txt.zip": "cannot tell the format of 'scores.txt.zip'",
    f"trim {GOOD} --validation other.csv": "'other.csv' lacks 'town'; it needs every feature of the training file",
    f"trim {GOOD} --validation labels.csv": "'perhaps' in column 'label' does not occur in the training rows; correct",
    f"trim {GOOD} --test numbers.csv": "'1', '2' in column 'label' does not occur in the training rows",
    "trim amounts.csv --target amount --drop nothing": "no column 'nothing' in 'amounts.csv' (--drop)",
    "trim constant.csv --target y": "column 'y' has a single value, 'a'; a model needs at least two",
    "attribute numbers.csv --target label --validation words.csv": "column 'label' of 'words.csv' holds text where "
    "the training file holds numbers",
}


@pytest.fixture
def tables(table):
    frame = pandas.read_csv(table)
    folder = table.parent
    frame.drop(columns="town").to_csv(folder / "other.csv", index=False)
    frame.assign(label="perhaps").to_csv(folder / "labels.csv", index=False)
    frame.assign(label=[1, 2] * 60).to_csv(folder / "numbers.csv", index=False)
    frame.to_csv(folder / "words.csv", index=False)
    frame[["age", "amount"]].to_csv(folder / "amounts.csv", index=False)
    pandas.DataFrame({"x": [1, 2, 3], "y": ["a"] * 3}).to_csv(folder / "constant.csv", index=False)
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("line", MISTAKES)
def test_mistake_is_answered_by_what_to_do(run, table, tables, line):
    if "--picture" in line:
        pytest.importorskip("matplotlib", reason="pictures need matplotlib: skinfluence[plot]")
    status, out, err = run(line + ("" if "--output" in line or "explain" in line else " --output new.csv") + " --quiet")
    assert (status, out) == (2, "")
    assert MISTAKES[line] in err
    assert err.startswith("skinfluence: error: ")
    assert err.count("\n") == 1
    assert sorted(path.name for path in table.parent.iterdir()) == tables


def test_missing_extras_are_named(run, monkeypatch):
    for package, line, message in [
        (
            "pandas",
            f"trim {GOOD}",
            "skinfluence trim needs pandas; install it with: pip install 'skinfluence[cli]'",
        ),
        (
            "matplotlib",
            f"explain {GOOD} --picture t.png",
            "a picture needs matplotlib; install it with: pip install",
        ),
        ("matplotlib", "demo", "a picture needs matplotlib; install it with: pip install 'skinfluence[plot]'"),
    ]:
        with monkeypatch.context() as absent:
            absent.setitem(sys.modules, package, None)
            status, _, err = run(line)
        assert (status, message in err, err.count("\n")) == (2, True, 1)


def test_debug_shows_where(run):
    with pytest.raises(Exception, match=r"no file 'tabel.csv'"):
        run("trim tabel.csv --target label --debug")


def test_foreign_errors_become_one_line_that_names_debug(run, monkeypatch):
    def fail(*arguments, **options):
        raise ValueError("Found array\n  with 0 samples")

    monkeypatch.setattr("skinfluence.cli.attribute.read_question", fail)
    status, _, err = run(f"attribute {GOOD}")
    assert (status, err) == (2, "skinfluence: error: Found array with 0 samples (--debug shows where)\n")


def test_out_of_memory_says_so(run, monkeypatch):
    def fail(*arguments, **options):
        raise MemoryError("Unable to allocate 8 TiB")

    monkeypatch.setattr("skinfluence.cli.attribute.read_question", fail)
    status, _, err = run(f"attribute {GOOD}")
    assert (status, "out of memory (Unable to allocate 8 TiB); use fewer rows or columns" in err) == (2, True)


def test_our_own_broken_import_is_not_taken_for_a_mistake(run, monkeypatch):
    def fail(*arguments, **options):
        raise ImportError("cannot import name 'x'")

    monkeypatch.setattr("skinfluence.cli.attribute.read_question", fail)
    with pytest.raises(ImportError, match="cannot import name"):
        run(f"attribute {GOOD}")


def test_interruption_leaves_nothing(run, table, monkeypatch):
    def fail(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("skinfluence.cli.trim.fit_trimmer", fail)
    status, _, err = run(f"trim {GOOD} --output kept.csv --quiet")
    assert (status, err) == (130, "skinfluence: error: interrupted; nothing was written\n")
    assert [path.name for path in table.parent.iterdir()] == ["table.csv"]


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_succeed(option, capsys):
    with pytest.raises(SystemExit) as caught:
        main([option])
    assert caught.value.code == 0
    assert "skinfluence" in capsys.readouterr().out


def test_close_names_come_with_their_own_case():
    assert did_you_mean("INCOME", ["Income", "age"]) == "did you mean 'Income'?"


def test_command_runs_outside_the_main_thread(run):
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(run, "trim tabel.csv --target label").result()[0] == 2
