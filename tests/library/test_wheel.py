"""What we promise to carry is in the built wheel, and so are its pictures."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from omi_desktop.library.check import read_all
from omi_desktop.library.drawing import DIAGRAMS, picture
from omi_desktop.library.items import OWN, Activity, Career, Chapter

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked wheel of this checkout, built without a network."""
    if find_spec("hatchling") is None and os.environ.get("CI") != "true":
        pytest.skip("hatchling is not installed")
    built = tmp_path_factory.mktemp("built")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(built)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    [file] = built.glob("*.whl")
    with zipfile.ZipFile(file) as archive:
        archive.extractall(built / "unpacked")
    return built / "unpacked" / "omi_desktop" / "library"


@pytest.mark.slow
def test_the_wheel_carries_what_was_promised(wheel: Path) -> None:
    entries, faults = read_all(wheel / "_content")
    items = [one.item for one in entries]
    words = sum(len(one.words) for one in entries if isinstance(one.item, Chapter))
    activities = [item for item in items if isinstance(item, Activity)]
    careers = [item for item in items if isinstance(item, Career)]
    counts = {
        "chapters": sum(isinstance(item, Chapter) for item in items),
        "words": words,
        "activities and resources": len(activities),
        "activities of our own": sum(item.provider == OWN for item in activities),
        "careers": len(careers),
        "role cards": sum(item.provider == OWN for item in careers),
    }
    promised = {
        "chapters": 20,
        "words": 18_000,
        "activities and resources": 220,
        "activities of our own": 24,
        "careers": 90,
        "role cards": 36,
    }

    assert faults == []
    assert {name: count for name, count in counts.items() if count < promised[name]} == {}


@pytest.mark.slow
def test_the_wheel_carries_every_diagram_as_it_is_drawn(wheel: Path, tmp_path: Path) -> None:
    diagrams = list((wheel / "_content" / DIAGRAMS).glob("*.svg"))
    drawn = {path.name: path.read_bytes() for path in (wheel / "_drawn").iterdir()}

    assert diagrams
    assert len(drawn) == len(diagrams)
    for path in diagrams:
        assert picture(wheel / "_content", path.stem, tmp_path) in drawn.values()
