"""Reading tables and writing their rows back untouched."""

import bz2
import codecs
import gzip
import lzma
from pathlib import Path

import numpy as np
import pytest

from skinfluence.cli.errors import CommandError
from skinfluence.cli.tables import format_of, read_table, write_columns

pandas = pytest.importorskip("pandas", reason="the command line reads tables with pandas: skinfluence[cli]")

# every way in which printing parsed values anew would change a file
AWKWARD = 'name, amount ,note\r\n"Doe, J.",1.10,""\r\n007,1e3,"two\r\nlines"\r\n\r\nNA,-0.0,"say ""hi"""\r\n ?,,ünï\r\n'


def test_csv_rows_come_back_byte_for_byte(tmp_path):
    path, out = tmp_path / "a.csv", tmp_path / "b.csv"
    path.write_bytes(AWKWARD.encode())
    table = read_table(path)
    assert table.frame.columns.tolist() == ["name", "amount", "note"]
    # every field is the text that it is: an identifier 007 or 1.10 is not a number
    assert table.frame["amount"].tolist() == ["1.10", "1e3", "-0.0", ""]
    assert table.frame["name"].tolist() == ["Doe, J.", "007", "NA", "?"]
    assert table.lines == [2, 3, 6, 7]
    table.write_rows(range(4), out, "b.csv")
    assert out.read_bytes() == AWKWARD.replace("\r\n\r\nNA", "\r\nNA").encode()
    table.write_rows([1], out, "b.csv")
    assert out.read_bytes() == b'name, amount ,note\r\n007,1e3,"two\r\nlines"\r\n'


@pytest.mark.parametrize("separator", [",", "\t", "\u00a7"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_without_quotes_are_read_as_the_csv_module_reads_them(tmp_path, separator, end):
    """A quote in the last cell sends the same text to the csv module; odd characters stay in their cells."""
    cells = [
        " a",
        "b ",
        "",
        "0.1",
        "00",
        "x\x00y",
        "\u2028",
        "\x0b",
        "\xa0z",
        "'",
        "\\",
        "\ufeff",
        "  two  words",
        "ü\x85",
    ]
    rows = [cells[k:] + cells[:k] for k in range(len(cells))]
    header = [f"c{k}" for k in range(len(cells))]
    texts = [[*header, "last"], *([*row, "1"] for row in rows)]
    read = []
    for last in ("1", '"1"'):
        path, copy = tmp_path / "a.csv", tmp_path / "b.csv"
        text = end.join([separator.join(row) for row in [*texts, [*cells, last]]]) + end
        path.write_bytes(text.encode())
        table = read_table(path, separator=separator)
        table.write_rows(range(len(table.frame)), copy, "b.csv")
        assert copy.read_bytes() == path.read_bytes()
        read.append((table.frame, list(table.lines), [table.cells(name).texts.tolist() for name in table.frame]))
    pandas.testing.assert_frame_equal(read[0][0], read[1][0])
    assert read[0][1:] == read[1][1:]
    # blanks of every kind around a cell go
    assert read[0][2] == [[cell.strip() for cell in table.frame[name]] for name in table.frame]


@pytest.mark.parametrize(
    ("content", "separator", "columns", "first"),
    [
        ("c0 c1\n1  2\n", " ", ["c0", "c1"], ["1", "2"]),
        ("a\n\ufeff1\n2\n", ",", ["a"], ["\ufeff1"]),
        ('\ufeff"a,x",b\n1,2\n', ",", ["a,x", "b"], ["1", "2"]),
    ],
    ids=["space", "mark inside", "mark and quotes"],
)
def test_odd_files_are_read_by_the_csv_module(tmp_path, content, separator, columns, first):
    (tmp_path / "a.csv").write_text(content, encoding="utf-8")
    table = read_table(tmp_path / "a.csv", separator=separator)
    assert table.frame.columns.tolist() == columns
    assert table.frame.iloc[0].tolist() == first


@pytest.mark.parametrize("content", ["x" * 200_000 + ",b\n1,2\n", "a,b\n" + "x" * 200_000 + ",2\n"])
def test_the_limit_on_fields_does_not_depend_on_quotes(tmp_path, content):
    (tmp_path / "a.csv").write_text(content)
    with pytest.raises(CommandError, match="field larger than"):
        read_table(tmp_path / "a.csv")


def test_what_is_no_character_is_reported(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"a,b\n+2AA-,2\n")
    with pytest.raises(CommandError, match="no character"):
        read_table(tmp_path / "a.csv", encoding="utf-7")


def test_csv_without_a_final_line_end_gains_one(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1,2\n3,4")
    table = read_table(tmp_path / "a.csv")
    table.write_rows([1, 0], tmp_path / "b.csv", "b.csv")
    assert (tmp_path / "b.csv").read_text() == "a,b\n3,4\n1,2\n"


def test_csv_with_byte_order_mark_keeps_it_and_its_first_name(tmp_path):
    (tmp_path / "a.csv").write_bytes('\ufeff"a",b\n1,2\n'.encode())
    table = read_table(tmp_path / "a.csv")
    assert table.frame.columns.tolist() == ["a", "b"]
    table.write_rows([0], tmp_path / "b.csv", "b.csv")
    assert (tmp_path / "b.csv").read_bytes() == '\ufeff"a",b\n1,2\n'.encode()


@pytest.mark.parametrize(("suffix", "opener"), [(".gz", gzip.open), (".xz", lzma.open), (".bz2", bz2.open)])
def test_compression_follows_the_name(tmp_path, suffix, opener):
    with opener(tmp_path / f"a.csv{suffix}", "wt") as stream:
        stream.write("a,b\n1,2\n")
    table = read_table(tmp_path / f"a.csv{suffix}")
    table.write_rows([0], tmp_path / "temporary", f"b.csv{suffix}")
    with opener(tmp_path / "temporary", "rt") as stream:
        assert stream.read() == "a,b\n1,2\n"


def test_separator_and_encoding_are_respected(tmp_path):
    (tmp_path / "a.csv").write_bytes("größe;b\n-9;x\n2;y\n".encode("latin-1"))
    table = read_table(tmp_path / "a.csv", separator=";", encoding="latin-1")
    assert table.frame["größe"].tolist() == ["-9", "2"]
    table.write_rows([0], tmp_path / "b.csv", "b.csv")
    assert (tmp_path / "b.csv").read_bytes() == "größe;b\n-9;x\n".encode("latin-1")


@pytest.mark.parametrize("name", ["a.tsv", "A.TSV", "a.Tsv.gz"])
def test_tabs_separate_tsv(tmp_path, name):
    (gzip.open if name.endswith("gz") else open)(tmp_path / name, "wt").write("a\tb\n1\t2\n")
    assert read_table(tmp_path / name).frame.shape == (1, 2)


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize(
    ("encoding", "mark", "codec"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8-sig", codecs.BOM_UTF8, "utf-8"),
        ("utf-16", codecs.BOM_UTF16_BE, "utf-16-be"),
        ("utf-16", codecs.BOM_UTF16_LE, "utf-16-le"),
        ("utf-32", codecs.BOM_UTF32_BE, "utf-32-be"),
        ("utf-16-be", b"", "utf-16-be"),
        ("cp1252", b"", "cp1252"),
    ],
)
def test_line_ends_and_byte_orders_come_back(tmp_path, end, encoding, mark, codec):
    records = [f"name,b{end}", f'"x{end}é",1{end}', f"y,2{end}"]
    (tmp_path / "a.csv").write_bytes(mark + "".join(records).encode(codec))
    table = read_table(tmp_path / "a.csv", encoding=encoding)
    assert table.frame["name"].tolist() == [f"x{end}é", "y"]
    table.write_rows([0, 1], tmp_path / "b.csv", "b.csv")
    assert (tmp_path / "b.csv").read_bytes() == (tmp_path / "a.csv").read_bytes()
    (tmp_path / "a.csv").write_bytes(mark + "".join(records).rstrip("\r\n").encode(codec))
    read_table(tmp_path / "a.csv", encoding=encoding).write_rows([1], tmp_path / "b.csv", "b.csv")
    assert (tmp_path / "b.csv").read_bytes() == mark + (records[0] + records[2]).encode(codec)


def test_parquet_rows_keep_types_and_metadata(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="Parquet needs pyarrow: skinfluence[cli]")
    frame = pandas.DataFrame({"a": pandas.array([1, None, 3], dtype="Int16"), "b": pandas.Categorical(["x", "y", "x"])})
    frame.to_parquet(tmp_path / "a.parquet")
    table = read_table(tmp_path / "a.parquet")
    table.write_rows([2, 1], tmp_path / "b.parquet", "b.parquet")
    before, after = parquet.read_table(tmp_path / "a.parquet"), parquet.read_table(tmp_path / "b.parquet")
    assert after.schema.equals(before.schema, check_metadata=True)
    assert after.column("a").to_pylist() == [3, None]


@pytest.mark.parametrize("name", ["x.csv", "x.csv.gz", "x.parquet"])
def test_columns_written_are_read_back(tmp_path, name):
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow", reason="Parquet needs pyarrow: skinfluence[cli]")
    columns = {"row": np.array([2, 0]), "influence": np.array([0.1 + 0.2, -1e-17])}
    write_columns(columns, tmp_path / name, name)
    frame = read_table(tmp_path / name).frame
    assert frame["influence"].astype(float).tolist() == columns["influence"].tolist()


@pytest.mark.parametrize(
    ("name", "kind"), [("A.CSV", "csv"), ("a.b.csv.xz", "csv"), ("a.tsv", "csv"), ("a.pq", "parquet")]
)
def test_format_of_reads_the_name(name, kind):
    assert format_of(name) == kind


@pytest.mark.parametrize("name", ["a.xlsx", "a", "a.gz"])
def test_format_of_refuses_other_names(name):
    with pytest.raises(CommandError, match=r"cannot tell the format .* name it .csv"):
        format_of(name)


BAD_FILES = {
    "empty": (b"", "is empty; give a file with a header line and rows"),
    "blank": (b"\n\n", "is empty"),
    "header only": (b"a,b\n", "has a header and no rows"),
    "long row": (b"a,b\n1,2\n1,2,3\n", "line 3 of .* has 3 fields and the header has 2; correct that line"),
    "short row": (b"a,b\n1\n", "line 2 of .* has 1 fields and the header has 2"),
    "twice": (b"a,b,a\n1,2,3\n", "columns of the same name: 'a'; rename them"),
    "nameless": (b"a,,c\n1,2,3\n", "has no name; give every column a name"),
    "not text": (b"a,b\n\xff\xfe,1\n", "is not utf-8 text .*--encoding latin-1"),
    "open quote": (b'a,b\n"1,2\n3,4\n', "line 2 of .* has 1 fields"),
    "open quote at the end": (b'a,b\n1,"2\n3,4\n', "cannot read .* as a table: .*EOF inside string"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_csv_says_what_to_correct(tmp_path, case):
    content, message = BAD_FILES[case]
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(CommandError, match=message):
        read_table(tmp_path / "a.csv")


def test_oversized_field_is_reported_with_its_line(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1,2\n3," + '"' + "x" * 200_000 + '"\n')
    with pytest.raises(CommandError, match=r"cannot read line 3 of .* as CSV: field larger than"):
        read_table(tmp_path / "a.csv")


def test_unknown_encoding_is_reported(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    with pytest.raises(CommandError, match=r"is not utf-9 text .unknown encoding"):
        read_table(tmp_path / "a.csv", encoding="utf-9")


@pytest.mark.parametrize("suffix", [".gz", ".xz", ".bz2"])
def test_damaged_compression_is_reported(tmp_path, suffix):
    whole = {".gz": gzip, ".xz": lzma, ".bz2": bz2}[suffix].compress(b"a,b\n" + b"1,2\n" * 1000)
    for content in (b"not compressed", whole[:-8]):
        (tmp_path / f"a.csv{suffix}").write_bytes(content)
        with pytest.raises(CommandError, match=r"cannot read .*; check the file"):
            read_table(tmp_path / f"a.csv{suffix}")


def test_damaged_parquet_is_reported(tmp_path):
    pytest.importorskip("pyarrow", reason="Parquet needs pyarrow: skinfluence[cli]")
    (tmp_path / "a.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(CommandError, match=r"cannot read .* as Parquet: .*; the file may be damaged"):
        read_table(tmp_path / "a.parquet")


def test_missing_file_names_its_neighbour(tmp_path):
    (tmp_path / "adult_train.csv").write_text("a,b\n1,2\n")
    with pytest.raises(CommandError, match=r"no file .*; did you mean 'adult_train.csv'"):
        read_table(tmp_path / "adult.train.csv")
    with pytest.raises(CommandError, match=r"no file .*; check the path"):
        read_table(Path("no") / "where.csv")


def test_folder_is_no_table(tmp_path):
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(CommandError, match=r"is a folder; give the name of a file in it"):
        read_table(tmp_path / "a.csv")
