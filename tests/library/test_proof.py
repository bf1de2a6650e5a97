"""The table of what was tested is found beside the checkout and inside a wheel."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from omi_desktop.domain.errors import LibraryProblem
from omi_desktop.library import proof as module
from omi_desktop.library.proof import proof

ROOT = Path(__file__).parent.parent.parent


def test_the_table_of_the_checkout_is_shown_with_its_columns() -> None:
    page = proof()
    assert page.title == "How the promises are tested"
    assert "<th>how many</th>" in page.html
    assert page.html.count("<h1>") == 1


def test_a_wheel_carries_the_table_where_the_app_looks_for_it() -> None:
    built = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]
    inside = built["targets"]["wheel"]["force-include"]["tests/faults/README.md"]
    assert ROOT / inside == module._PLACES[0]
    assert (ROOT / "tests/faults/README.md").is_file()


def test_an_installation_without_the_table_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "_PLACES", (tmp_path / "faults.md",))
    with pytest.raises(LibraryProblem) as problem:
        proof()
    assert str(problem.value).startswith("The table of tests is missing Your sessions are not affected.")
