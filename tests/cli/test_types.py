"""What columns hold is decided on the training file; nothing of a table changes in silence."""

import codecs
import csv
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest

from skinfluence.cli import main
from skinfluence.cli.cells import MISSING_TEXTS, Reading, date_format, dates_of, looks_like, numbers_of
from skinfluence.cli.errors import CommandError
from skinfluence.cli.tables import Table
from skinfluence.cli.types import convert, decide

pandas = pytest.importorskip("pandas", reason="the command line reads tables with pandas: skinfluence[cli]")

N = 120
rng = np.random.default_rng(0)
A, B = rng.normal(40, 10, N).round(2), rng.normal(size=N).round(3)
LABEL = np.where(B + (A - 40) / 10 + rng.normal(size=N) > 0, "yes", "no")


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    """Write the files, named columns each, and run the command on them; returns (status, output, errors)."""
    monkeypatch.chdir(tmp_path)

    def run(line, **files):
        for name, columns in files.items():
            with open(f"{name}.csv", "w", newline="") as stream:
                csv.writer(stream).writerows([columns, *zip(*columns.values(), strict=True)])
        status = main([*line.split(), "--quiet"])
        return status, *capsys.readouterr()

    return run


def influences(out, name="influence"):
    return [row[name] for row in csv.DictReader(io.StringIO(out))]


def table(**more):
    return {"a": A, "b": B, **more, "y": LABEL}


# --- cells


@pytest.mark.parametrize(
    ("text", "decimal", "loose", "number"),
    [
        ("1.5", ".", False, 1.5),
        ("-.5e3", ".", False, -500.0),
        ("1,5", ".", False, np.nan),
        ("1,234", ".", False, np.nan),
        ("1,234", ".", True, 1234.0),
        # not 123: no thousands begin with 0
        ("0,123", ".", True, np.nan),
        ("1,5", ",", False, 1.5),
        # 1234 or 1.234: not without being asked
        ("1.234", ",", False, np.nan),
        ("1.234", ",", True, 1234.0),
        ("1.234,5", ",", False, 1234.5),
        ("1.5", ",", False, np.nan),
        ("1.5", ",", True, np.nan),
        ("$1,078.25", ".", True, 1078.25),
        ("€ 1.078,50", ",", True, 1078.5),
        ("CHF 1'078.50", ".", True, 1078.5),
        ("1 078,50 €", ",", True, 1078.5),
        ("(12.5)", ".", True, -12.5),
        ("-$12", ".", True, -12.0),
        ("5 %", ".", True, 0.05),
        ("5.2x", ".", True, np.nan),
        ("1_000", ".", True, np.nan),
        ("", ".", True, np.nan),
    ],
)
def test_number_is_read_as_it_is_written(text, decimal, loose, number):
    np.testing.assert_equal(numbers_of([text], Reading(decimal=decimal), loose)[0], number)


@pytest.mark.parametrize(
    ("texts", "option"),
    [
        (["$1,078", "$2,500.50"], "numeric"),
        (["41,26", "38,9"], "decimal"),
        (["0,123", "1,234"], "decimal"),
        (["€ 1.078,50", "€ 12,50"], "amounts with the other decimal mark"),
        (["2018-01-30", "2018-01-31T10:00Z"], "dates"),
        (["30/01/2018"], "dates"),
        (["00123", "01123"], None),
        (["Rome", "Oslo"], None),
        ([], None),
    ],
)
def test_text_that_looks_like_numbers_is_known(texts, option):
    assert looks_like(texts, ".") == option


@pytest.mark.parametrize(
    ("texts", "formats", "seconds"),
    [
        (["2018-01-31", "2018-01-31T12:00:00+02:00"], ["ISO8601"], [1517356800.0, 1517392800.0]),
        (["31/01/2018", "01/02/2018"], ["%d/%m/%Y"], [1517356800.0, 1517443200.0]),
        (["01/31/2018", "02/01/2018"], ["%m/%d/%Y"], [1517356800.0, 1517443200.0]),
        (["01/02/2018"], ["%d/%m/%Y", "%m/%d/%Y"], [1517443200.0]),
        (["31.01.2018 12:00"], ["%d.%m.%Y %H:%M"], [1517400000.0]),
    ],
)
def test_dates_are_seconds_in_utc(texts, formats, seconds):
    found, unread = date_format(texts)
    assert (found, unread.any()) == (formats, False)
    assert dates_of(texts, found[0]).tolist() == seconds


# --- the commands


def test_identifiers_stay_the_text_they_are(call):
    keys = [f"{i:06d}" for i in range(N)]
    keys[1], keys[2], keys[3], keys[4] = "1.10", "NA", "9007199254740993", "None"
    status, out, _ = call("attribute t.csv --target y --id key", t=table(key=keys))
    assert (status, influences(out, "key")) == (0, keys)


@pytest.mark.parametrize("name", ["influence", "row"])
def test_identifier_may_have_any_name(call, name):
    keys = [f"r{i}" for i in range(N)]
    status, out, _ = call(f"attribute t.csv --target y --id {name}", t=table(**{name: keys}))
    assert (status, influences(out, name)) == (0, keys)
    assert len(out.splitlines()[0].split(",")) == len(set(out.splitlines()[0].split(","))) == 3
    assert f"{name}_of_skinfluence" in out.splitlines()[0]


@pytest.mark.parametrize("spelling", [("TRUE", "FALSE"), ("True", "False"), ("true", "false")])
def test_true_and_false_are_read_alike_in_every_file(call, spelling):
    flag = np.where(np.arange(N) % 3 == 0, "FALSE", "TRUE")
    label = np.where(LABEL == "yes", "TRUE", "FALSE")
    other = {"a": A, "flag": np.where(flag == "TRUE", *spelling), "y": np.where(label == "TRUE", *spelling)}
    line = "attribute t.csv --target y --validation v.csv"
    status, out, err = call(line, t={"a": A, "flag": flag, "y": label}, v=other)
    assert (status, "note" in err) == (0, False)
    assert out == call("attribute t.csv --target y --validation t.csv")[1]


@pytest.mark.parametrize("column", ["a", "price"])
def test_odd_cell_is_named(call, column):
    columns = {"a": A.astype(object), "price": (A / 10 + B).round(2).astype(object)}
    columns[column][17] = "5.2x"
    status, _, err = call("attribute t.csv --target price", t=columns)
    assert status == 2
    assert f"1 of 120 cells of column '{column}' cannot be read as numbers, the first is '5.2x' in line 19" in err
    assert f"--numeric {column}" in err
    status, _, err = call(f"attribute t.csv --target price --numeric {column} --drop-missing-target")
    assert status == 0
    assert "'5.2x' in line 19 of 't.csv'; with --numeric they count as missing" in err
    assert ("119 rows" if column == "price" else "120 rows") in err


def test_odd_cell_of_another_file_is_named(call):
    other = table()
    other["a"] = other["a"].astype(object)
    other["a"][3] = "many"
    status, _, err = call("attribute t.csv --target y --validation v.csv", t=table(), v=other)
    assert status == 2
    assert "the first is 'many' in line 5 of 'v.csv', where the training file holds numbers" in err
    assert call("attribute t.csv --target y --validation v.csv --numeric a")[0] == 0


def test_more_than_a_few_odd_cells_make_a_category_with_a_note(call):
    size = np.where(np.arange(N) % 3 == 0, "XL", (A // 10).astype(int).astype(str))
    status, _, err = call("attribute t.csv --target y", t=table(size=size))
    assert (status, "1 category (size)" in err) == (0, True)
    assert "40 of 120 cells of column 'size' cannot be read as numbers, the first is 'XL' in line 2" in err
    assert "note" not in call("attribute t.csv --target y --category size")[2]


def test_a_column_without_numbers_is_not_numeric(call):
    status, _, err = call("attribute t.csv --target y --numeric town", t=table(town=["Rome"] * N))
    assert (status, "120 of 120 cells of column 'town' cannot be read as numbers" in err) == (2, True)


def test_decimal_commas_and_money_are_named_and_read_by_option(call):
    money = [f"$1,{int(100 * abs(b)):03d}" for b in B]
    plain = [1000 + int(100 * abs(b)) for b in B]
    written = {"a": [f"{a:.2f}".replace(".", ",") for a in A], "b": money, "y": LABEL}
    status, _, err = call("attribute t.csv --target y", t=written, p={"a": A, "b": plain, "y": LABEL})
    assert (status, "2 categories (a, b)" in err) == (0, True)
    assert "column 'a' is read as" in err
    assert "--decimal , reads them as numbers" in err
    assert "amounts as text; --numeric b reads them as numbers" in err
    written["b"] = [text.replace(",", ".") for text in money]
    status, out, err = call("attribute t.csv --target y --decimal , --numeric b", t=written)
    assert (status, "columns      2 numbers\n" in err, "note" in err) == (0, True, False)
    np.testing.assert_array_equal(influences(out), influences(call("attribute p.csv --target y")[1]))


@pytest.mark.parametrize("style", ["iso", "zones", "month first"])
def test_dates_become_numbers_by_option(call, style):
    days = np.datetime64("2018-01-01") + rng.integers(0, 700, N)
    seconds = days.astype("datetime64[s]").astype(int)
    texts = days.astype(str)
    if style == "zones":
        texts = np.array(
            [f"{day}T{'00' if i % 2 else '03'}:00:00+0{0 if i % 2 else 3}:00" for i, day in enumerate(texts)]
        )
    if style == "month first":
        texts = np.array([f"{day[5:7]}/{day[8:]}/{day[:4]}" for day in texts])
    status, _, err = call("attribute t.csv --target y", t=table(day=texts), n=table(day=seconds))
    assert (status, "dates as text; --dates day reads them as numbers" in err) == (0, True)
    status, out, err = call("attribute t.csv --target y --dates day")
    assert (status, "2 numbers, 1 date (day)" in err, "note" in err) == (0, True, False)
    np.testing.assert_array_equal(influences(out), influences(call("attribute n.csv --target y")[1]))


def test_rules_show_dates_as_dates(call):
    days = np.datetime64("2018-01-01") + rng.integers(0, 700, N)
    label = np.where(days > np.datetime64("2018-09-01"), "yes", LABEL)
    status, out, _ = call("explain t.csv --target y --dates day", t={"day": days, "b": B, "y": label})
    assert status == 0
    assert "day ≤ 201" in out or "day > 201" in out


def test_ambiguous_and_wrong_dates_are_refused(call):
    files = {"t": table(day=["01/02/2018"] * N, odd=["2018-01-30"] * (N - 1) + ["soon"])}
    status, _, err = call("attribute t.csv --target y --dates day", **files)
    assert (status, "'01/02/2018' in line 2 of 't.csv' can be day and month or month and day" in err) == (2, True)
    assert call("attribute t.csv --target y --dates day=%d/%m/%Y --drop odd")[0] == 0
    status, _, err = call("attribute t.csv --target y --dates odd --drop day")
    assert (status, "'soon' in line 121 of 't.csv' is no date" in err) == (2, True)
    status, _, err = call("attribute t.csv --target y --dates dya --drop odd")
    assert (status, "no column 'dya' in 't.csv' (--dates); did you mean 'day'?" in err) == (2, True)
    status, _, err = call("attribute t.csv --target y --dates odd --category odd")
    assert (status, "column 'odd' is given to two of --numeric, --category and --dates" in err) == (2, True)


def test_codes_with_leading_zeros_are_categories(call):
    codes = rng.choice(["00123", "01123", "02139"], N)
    status, out, err = call("attribute t.csv --target y", t=table(code=codes), z=table(code=[f"z{c}" for c in codes]))
    assert (status, "1 category (code)" in err) == (0, True)
    assert out == call("attribute z.csv --target y")[1]
    assert "3 numbers" in call("attribute t.csv --target y --numeric code")[2]


def test_blanks_around_a_value_are_no_other_value_and_unseen_categories_are_counted(call):
    city = np.array(["Rome", "Oslo", "Oslo "])[np.arange(N) % 3]
    files = {
        "t": table(city=city),
        "v": table(city=["Bern"] * 40 + ["Oslo "] * 80),
        "s": table(city=np.char.strip(city)),
    }
    status, _, err = call("attribute t.csv --target y --validation v.csv", **files)
    assert status == 0
    assert "40 of 120 rows of 'v.csv' have a 'city' that no training row has: 'Bern'" in err
    assert call("attribute t.csv --target y")[1] == call("attribute s.csv --target y")[1]


def test_missing_texts_are_counted_and_kept_by_option(call):
    code = np.array(["NA", "None", "DE", ""])[np.arange(N) % 4]
    status, _, err = call("attribute t.csv --target y", t=table(code=code))
    assert (status, "missing      90 cells (30 'NA', 30 'None', 30 empty)" in err) == (0, True)
    status, _, err = call("attribute t.csv --target y --keep-na --missing DE")
    assert (status, "missing      60 cells (30 'DE', 30 empty)" in err) == (0, True)


def test_missing_number_is_missing_however_it_is_written(call):
    age = A.round().astype(int).astype(object)
    age[:3] = ["-9", "-9.0", ""]
    empty = age.copy()
    empty[:3] = ""
    status, out, _ = call("attribute t.csv --target y --missing -9", t=table(age=age), e=table(age=empty))
    assert (status, out) == (0, call("attribute e.csv --target y")[1])


def test_help_says_which_texts_count_as_missing(capsys):
    with pytest.raises(SystemExit):
        main(["attribute", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert all(text in said for text in MISSING_TEXTS)


def test_positive_class_is_shown_and_can_be_chosen(call):
    renamed = np.where(LABEL == "yes", "bad", "good")
    group = np.array(["f", "m"])[np.arange(N) % 2]
    line = "--target y --objective equal_opportunity --sensitive g"
    status, yes, err = call(f"attribute t.csv {line}", t=table(g=group), r={**table(g=group), "y": renamed})
    assert status == 0
    assert re.search(r"positive +yes \(the classes are 'no', 'yes'\)", err)
    assert "is 'yes', the last in alphabetical order; choose it with --positive" in err
    status, bad, err = call(f"attribute r.csv {line} --positive bad")
    assert (status, bool(re.search("positive +bad", err)), "note" in err) == (0, True, False)
    np.testing.assert_allclose(
        np.array(influences(bad), float), np.array(influences(yes), float), rtol=1e-6, atol=1e-12
    )
    status, _, err = call(f"attribute r.csv {line} --positive nice")
    assert (status, "--positive nice is no class in 'y'; give one of 'bad', 'good'" in err) == (2, True)
    status, _, err = call("attribute t.csv --target a --positive yes")
    assert (status, "--positive yes names a class, but --model ridge predicts numbers" in err) == (2, True)
    trimmed = [
        call(f"trim {path}.csv {line} --positive {one} --budget 6 --check 0 --output kept-{path}.csv")[0]
        for path, one in (("t", "yes"), ("r", "bad"))
    ]
    kept = [pandas.read_csv(f"kept-{path}.csv") for path in "tr"]
    assert trimmed == [0, 0]
    pandas.testing.assert_frame_equal(kept[0].drop(columns="y"), kept[1].drop(columns="y"))


def test_regions_on_training_rows_say_so(call):
    status, out, _ = call("explain t.csv --target y --leaves 4", t=table())
    lines = out.partition("regions")[2].splitlines()[1:]
    assert status == 0
    assert len(lines) > 1
    assert all(line.endswith("[on the training rows themselves]") for line in lines)
    assert "themselves" not in call("explain t.csv --target y --validation t.csv")[1]


@pytest.mark.parametrize(
    ("end", "encoding", "name"),
    [("\r", "utf-8", "t.csv"), ("\r\n", "utf-16", "T.CSV"), ("\n", "utf-16-be", "T.TSV"), ("\r", "utf-16", "t.tsv")],
)
def test_kept_rows_are_bytes_of_the_file(call, tmp_path, end, encoding, name):
    mark = "\t" if name.lower().endswith("tsv") else ","
    lines = [
        mark.join(("a", "b", "y")),
        *(mark.join((f"{a:.2f}", f"{b}", y)) for a, b, y in zip(A, B, LABEL, strict=True)),
    ]
    order = "utf-16-be" if encoding == "utf-16" else encoding
    byte_order = codecs.BOM_UTF16_BE if encoding == "utf-16" else b""
    (tmp_path / name).write_bytes(byte_order + "".join(line + end for line in lines).encode(order))
    line = f"trim {name} --target y --encoding {encoding} --budget 5 --check 0 --output kept.{name[-3:]} --json s.json"
    assert call(line)[0] == 0
    kept = json.loads((tmp_path / "s.json").read_text())["kept_rows"]
    expected = byte_order + "".join(lines[k] + end for k in [0, *(row + 1 for row in kept)]).encode(order)
    assert len(kept) < N
    assert (tmp_path / f"kept.{name[-3:]}").read_bytes() == expected


def test_parquet_and_csv_files_of_one_table_agree(call, tmp_path):
    pytest.importorskip("pyarrow", reason="Parquet needs pyarrow: skinfluence[cli]")
    city = np.array(["Rome", "Oslo"])[np.arange(N) % 2]
    columns = table(city=city, flag=np.arange(N) % 3 == 0)
    call("attribute t.csv --target y", t={**columns, "flag": np.where(columns["flag"], "TRUE", "FALSE")})
    pandas.DataFrame(columns).to_parquet(tmp_path / "t.parquet")
    _, first, err = call("attribute t.csv --target y --validation t.parquet")
    assert "note" not in err
    assert first == call("attribute t.csv --target y --validation t.csv")[1]
    np.testing.assert_allclose(
        np.array(influences(call("attribute t.parquet --target y --validation t.csv")[1]), float),
        np.array(influences(first), float),
        rtol=1e-9,
    )


def test_dates_of_parquet_files_are_numbers_by_option(call, tmp_path):
    pytest.importorskip("pyarrow", reason="Parquet needs pyarrow: skinfluence[cli]")
    days = pandas.to_datetime("2018-01-01") + pandas.to_timedelta(rng.integers(0, 700, N), unit="D")
    for name, zone in (("plain", None), ("zone", "Europe/Zurich")):
        pandas.DataFrame(table(day=days.tz_localize(zone))).to_parquet(tmp_path / f"{name}.parquet")
        status, _, err = call(f"attribute {name}.parquet --target y")
        assert (status, "convert them to numbers with --dates day" in err) == (2, True)
        status, _, err = call(f"attribute {name}.parquet --target y --dates day")
        assert (status, "1 date (day)" in err) == (0, True)


def test_durations_of_a_typed_table_are_seconds():
    frame = pandas.DataFrame({"spell": pandas.to_timedelta([1, 2, None], unit="D"), "y": [1.0, 2.0, 3.0]})
    table = Table(Path("spells.parquet"), frame, object())
    known = decide(table, "spell", Reading(dates={"spell": None}))
    np.testing.assert_array_equal(convert(table, "spell", known), [86400.0, 172800.0, np.nan])
    with pytest.raises(CommandError, match="convert them to numbers with --dates spell"):
        decide(table, "spell", Reading())
