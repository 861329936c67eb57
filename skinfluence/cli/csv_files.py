"""CSV files: the fields of each record as text, the text of each record, and the line on which it begins.

Most files have no quotes, and a record is a line: PyArrow reads these in a tenth of the time of the csv module, which
reads all others and says what is wrong with a file.
"""

import csv
import io
import re
from itertools import chain

from .._optional import require
from .errors import CommandError, listing
from .text_files import byte_order, lines_of

__all__ = ["check_header", "read_csv"]

#: a byte order mark, as a character
MARK = "\ufeff"


def read_csv(path, separator, encoding):
    """All fields as text: what a column holds is decided for all files at once, on the training file.

    Returns
    -------
    fields : pyarrow.Table
    records : list of str
        The header and the records as they stand in the file, each with the line end of the header.
    starts : sequence of int
        The line on which each record begins, the header left out.
    encoding : str
        With its byte order.
    """
    encoding = byte_order(path, encoding)
    lines = lines_of(path, encoding)
    fields = _plain(path, lines, separator)
    if fields is not None:
        records, starts = lines, range(2, len(lines) + 1)
    else:
        fields, records, starts = _quoted(path, lines, separator)
    end = re.search(r"[\r\n]*\Z", records[0]).group() or "\n"
    records[-1] = records[-1].rstrip("\r\n") + end
    return fields, records, starts, encoding


def _plain(path, lines, separator):
    """The fields where every line is a record and nothing is quoted; None elsewhere, and where records differ."""
    body = "".join(lines[1:])
    if not body or not _is_plain(lines, body, separator):
        return None
    arrow, arrow_csv = (require(name, "cli", "reading a table") for name in ("pyarrow", "pyarrow.csv"))
    names = _names(path, next(_reader(lines[:1], separator)))
    try:
        fields = arrow_csv.read_csv(
            io.BytesIO(body.encode()),
            arrow_csv.ReadOptions(column_names=names),
            arrow_csv.ParseOptions(delimiter=separator, quote_char=False, ignore_empty_lines=False),
            arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, arrow.string()), strings_can_be_null=False),
        )
    except (arrow.ArrowInvalid, UnicodeError):
        return None
    if fields.num_rows != len(lines) - 1:
        return None
    return _without_first_blanks(fields) if " " in body else fields


def _is_plain(lines, body, separator):
    """Whether PyArrow reads the same as the csv module, which leaves blank lines out and has a limit on fields."""
    return (
        '"' not in body
        and '"' not in lines[0]
        and separator.isascii()
        and separator not in " \0"
        and not body.startswith(MARK)
        and max(map(len, lines)) <= csv.field_size_limit()
        and all(map(str.strip, lines))
    )


def _reader(lines, separator):
    """The csv module on lines, of which the first has no byte order mark."""
    first = (line.removeprefix(MARK) for line in lines[:1])
    return csv.reader(chain(first, lines[1:]), delimiter=separator, skipinitialspace=True)


def _without_first_blanks(fields):
    """As the csv module reads them with `skipinitialspace`."""
    compute = require("pyarrow.compute", "cli", "reading a table")
    return fields.from_arrays([compute.utf8_ltrim(column, " ") for column in fields.columns], fields.column_names)


def _quoted(path, lines, separator):
    """The fields, the text and the first line of each record by the csv module; blank lines are left out."""
    records, starts, rows, start = [], [], [], 0
    reader = _reader(lines, separator)
    try:
        for fields in reader:
            if len(fields) > 1 or any(field.strip() for field in fields):
                rows.append(fields if rows else _names(path, fields))
                if len(fields) != len(rows[0]):
                    raise CommandError(
                        f"line {start + 1} of {str(path)!r} has {len(fields)} fields and the header has "
                        f"{len(rows[0])}; correct that line, or give another --separator"
                    )
                end = reader.line_num
                records.append(lines[start] if end == start + 1 else "".join(lines[start:end]))
                starts.append(start + 1)
            start = reader.line_num
    except csv.Error as error:
        raise CommandError(f"cannot read line {start + 1} of {str(path)!r} as CSV: {error}; check the file") from error
    if not records:
        raise CommandError(f"{str(path)!r} is empty; give a file with a header line and rows")
    _check_last_quote(path, records[-1], separator, starts[-1])
    return _table(path, *rows), records, starts[1:]


def _table(path, names, *rows):
    arrow = require("pyarrow", "cli", "reading a table")
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    try:
        arrays = [arrow.array(fields, arrow.string()) for fields in columns]
    except UnicodeError as error:
        raise CommandError(f"{str(path)!r} holds what is no character ({error}); name its --encoding") from error
    return arrow.table(arrays, names=names)


def _check_last_quote(path, record, separator, line):
    """The csv module takes a file that ends inside quotes; the rest of the file would be one field."""
    try:
        list(csv.reader(io.StringIO(record, newline=""), delimiter=separator, skipinitialspace=True, strict=True))
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            raise CommandError(
                f"cannot read line {line} of {str(path)!r} as a table: EOF inside string; close the quotes"
            ) from error


def _names(path, fields):
    names = [name.strip() for name in fields]
    check_header(path, names)
    return names


def check_header(path, names):
    """Raise an error when a column has no name, or the name of another."""
    if any(not str(name) for name in names):
        raise CommandError(f"a column of {str(path)!r} has no name; give every column a name in the header line")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise CommandError(f"{str(path)!r} has columns of the same name: {listing(twice)}; rename them")
