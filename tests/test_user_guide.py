"""The pages of the documentation run, and say what they print."""

import doctest
import gc
import re
from pathlib import Path

import pytest

import skinfluence
from skinfluence import adapters, displays, targets

DOC = Path(__file__).parent.parent / "doc"
PAGES = {
    str(page.relative_to(DOC)): page
    for page in sorted(DOC.rglob("*.rst"))
    if ">>>" in page.read_text(encoding="utf-8") and not {"generated", "auto_examples", "_build"} & set(page.parts)
}

EXTRAS = {"lifelines": "survival", "sksurv": "survival", "autograd": "autograd", "pandas": "cli"}

pytestmark = pytest.mark.skipif(not PAGES, reason="no doc folder: an installed package has none")


@pytest.mark.parametrize("name", PAGES)
def test_page_prints_what_it_says(name, monkeypatch, tmp_path):
    text = PAGES[name].read_text(encoding="utf-8")
    if "displays" in text:
        pytest.importorskip("matplotlib", reason="this page draws; it needs skinfluence[plot]")
    for package, extra in EXTRAS.items():
        if re.search(rf"^>>> (from|import) {package}\b", text, re.MULTILINE):
            pytest.importorskip(package, reason=f"this page runs {package}; it needs skinfluence[{extra}]")
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.chdir(tmp_path)
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    runner, said = doctest.DocTestRunner(optionflags=flags), []
    runner.run(doctest.DocTestParser().get_doctest(text, {}, name, str(PAGES[name]), 0), out=said.append)
    # adapters and targets register by being defined: those of a page must not outlive it
    gc.collect()
    assert runner.summarize(verbose=False).failed == 0, "".join(said)


def test_api_lists_every_public_name():
    listed = set((DOC / "api" / "index.rst").read_text(encoding="utf-8").split())
    public = {*skinfluence.__all__, *(f"targets.{name}" for name in targets.__all__)}
    public |= {f"displays.{name}" for name in displays.__all__}
    assert not public - listed


def test_readme_names_every_supported_model_and_method():
    readme = (DOC.parent / "README.md").read_text(encoding="utf-8")
    classes = adapters.supported_classes()
    names = {estimator.__name__ for estimator in classes if estimator.__module__.startswith("sklearn.")}
    names |= {name for name in skinfluence.__all__ if hasattr(getattr(skinfluence, name), "attribute")}
    assert not {name for name in names if f"`{name}`" not in readme}


def test_every_page_that_is_linked_exists():
    pages = [*PAGES.values(), *DOC.glob("*.rst"), DOC / "user_guide" / "index.rst"]
    for page in pages:
        for link in re.findall(r":doc:`(?:[^`<]*<)?([^`>]+)>?`", page.read_text(encoding="utf-8")):
            if "auto_examples" in link:
                name = link.partition("auto_examples/")[2]
                assert name == "index" or (DOC.parent / "examples" / f"{name}.py").exists(), f"{page.name}: {link}"
            else:
                assert (page.parent / f"{link}.rst").exists(), f"{page.name}: {link}"
