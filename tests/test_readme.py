"""The README's code runs and its output is true; its commands are the two that CI runs."""

import contextlib
import doctest
import re
from pathlib import Path

import pytest

README = Path(__file__).parent.parent / "README.md"
TEXT = README.read_text(encoding="utf-8") if README.exists() else ""
BLOCKS = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
#: module: the extra that brings it
EXTRAS = {
    "pandas": "cli",
    "matplotlib": "plot",
    "lifelines": "survival",
    "sksurv": "survival",
    "imblearn": "imblearn",
    "fairlearn": "test",
}

pytestmark = pytest.mark.skipif(not TEXT, reason="no README.md: an installed package has none")


class Reader:
    """Somebody who reads from top to bottom, in a folder: knows what the blocks so far have defined."""

    def __init__(self, folder):
        self.folder, self.names, self.n_read = folder, {"__name__": "__main__"}, 0

    def read_to(self, number):
        """Run the blocks up to this one that were not yet run: another process may have run the others' tests."""
        while self.n_read <= number:
            with contextlib.chdir(self.folder):
                run_block(BLOCKS[self.n_read], self.n_read, self.names)
            self.n_read += 1


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    return Reader(tmp_path_factory.mktemp("readme"))


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_readme_block_runs(number, reader, monkeypatch):
    block, so_far = BLOCKS[number], "\n".join(BLOCKS[: number + 1])
    needed = set(re.findall(r"^\s*(?:>>> )?(?:import|from) (\w+)", so_far, re.MULTILINE))
    drawn = "Display" in block or ".plot(" in block
    for module in sorted((needed & EXTRAS.keys()) | ({"matplotlib"} if drawn else set())):
        pytest.importorskip(module, reason=f"this block needs skinfluence[{EXTRAS[module]}]")
    monkeypatch.setenv("MPLBACKEND", "agg")
    reader.read_to(number)


def run_block(block, number, names):
    if ">>>" in block:
        run_examples(block, number, names)
    else:
        exec(compile(block, f"README.md block {number + 1}", "exec"), names)


def run_examples(block, number, names):
    """A block of prompts: what it prints is what it says."""
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    test = doctest.DocTestParser().get_doctest(block, names, f"README.md block {number + 1}", str(README), 0)
    runner, said = doctest.DocTestRunner(optionflags=flags), []
    runner.run(test, out=said.append, clear_globs=False)
    names.update(test.globs)
    assert runner.summarize(verbose=False).failed == 0, "".join(said)


def test_readme_commands_are_the_two_that_ci_runs():
    commands = re.findall(r"^```bash\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    assert len(commands) == 2
    assert commands[0].strip().endswith("skinfluence demo")
    assert ".venv/bin/pytest -n auto" in commands[1]
    assert all(command.count("\n") == 1 for command in commands), "one line each"
