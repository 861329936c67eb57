"""``python -m benchmarks NAME [arguments]`` runs ``benchmarks.NAME.main``; without a name it lists them."""

import ast
import sys
from importlib import import_module
from pathlib import Path

FOLDER = Path(__file__).parent


def names():
    """The benchmarks with the first line of their docstrings, read without importing them."""
    files = [path for path in sorted(FOLDER.glob("*.py")) if not path.name.startswith("_")]
    documents = {path.stem: ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) for path in files}
    return {name: (text or "").partition("\n")[0] for name, text in documents.items()}


def main(argv):
    """Run or list; returns the exit status."""
    known = names()
    if not argv or argv[0] in ("-h", "--help"):
        print("python -m benchmarks NAME [arguments], where NAME is one of")
        width = max(map(len, known))
        for name, purpose in known.items():
            print(f"  {name:{width}}  {purpose}")
        return 0
    if argv[0] not in known:
        print(f"benchmarks: no benchmark {argv[0]!r}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    try:
        return import_module(f"benchmarks.{argv[0]}").main(argv[1:]) or 0
    except FileNotFoundError as error:
        where = "set SKINFLUENCE_DATA to the folder of the data sets"
        print(f"benchmarks: {error.filename} is not here; {where}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
