"""Small libraries on disk, one file at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.library.small_library import FOLDERS, FRONT, Write


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty library."""
    for folder in FOLDERS.values():
        (tmp_path / "content" / folder).mkdir(parents=True)
    return tmp_path / "content"


@pytest.fixture
def write(root: Path) -> Write:
    """Write one file: `write("handbook", "recording", body="…", order="20")`; a field of None is left out."""

    def write(
        kind: str, item_id: str, *, body: str = "Some words.\n", title: str = "", **fields: str | None
    ) -> Path:
        lines = (
            FRONT[kind].format(id=item_id, title=title or item_id.replace("-", " ").capitalize()).splitlines()
        )
        for name, value in fields.items():
            kept = [line for line in lines if not line.startswith(f"{name} = ")]
            lines = kept if value is None else [f"{name} = {value}", *kept]
        path = root / FOLDERS[kind] / f"{item_id}.md"
        path.write_text("\n".join(["+++", *lines, "+++", "", body]), encoding="utf-8")
        return path

    return write
