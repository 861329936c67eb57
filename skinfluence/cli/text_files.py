"""Files of text, compressed or not, with their line ends and byte order mark as they are."""

import bz2
import codecs
import gzip
import lzma
import zlib
from contextlib import contextmanager

from .errors import CommandError, first_line

__all__ = ["COMPRESSION", "byte_order", "lines_of", "open_text"]

COMPRESSION = {".gz": gzip.open, ".xz": lzma.open, ".bz2": bz2.open}


def open_text(path, mode, encoding, suffix):
    """Open text, compressed when the suffix says so, with line ends left as they are."""
    opener = COMPRESSION.get(suffix, open)
    return opener(path, mode, encoding=encoding, newline="")


def lines_of(path, encoding):
    """All lines with their ends."""
    with _reading(path, encoding), open_text(path, "rt", encoding, path.suffix.lower()) as stream:
        return stream.readlines()


def byte_order(path, encoding):
    """The encoding without a byte order mark of its own, which stays a character of the text and is written back."""
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        return encoding
    if name == "utf-8-sig":
        return "utf-8"
    if name not in ("utf-16", "utf-32"):
        return encoding
    with _reading(path, encoding), COMPRESSION.get(path.suffix.lower(), open)(path, "rb") as stream:
        head = stream.read(4)
    return name + ("-be" if head.startswith((codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)) else "-le")


@contextmanager
def _reading(path, encoding):
    """Errors of files as errors of the command."""
    try:
        yield
    except (UnicodeError, LookupError) as error:
        raise CommandError(
            f"{str(path)!r} is not {encoding} text ({first_line(error)}); name its encoding, e.g. --encoding latin-1"
        ) from error
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
        raise CommandError(f"cannot read {str(path)!r}: {first_line(error)}; check the file") from error
