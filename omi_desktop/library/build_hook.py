"""Draws the diagrams when the app is built or installed from its source, so that no laptop has to."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Pictures(BuildHookInterface):  # type: ignore[type-arg]
    """Puts a PNG of every diagram into the package; git ignores them, the wheel must not."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before the files of a wheel are gathered, and by an editable install."""
        del version
        sys.path.insert(0, self.root)
        from omi_desktop.library.drawing import BUILT, draw_all  # noqa: PLC0415

        draw_all(Path(self.root))
        build_data["artifacts"].append(f"{BUILT.relative_to(self.root).as_posix()}/*.png")
