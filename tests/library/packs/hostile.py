"""Packs that must be refused, each for one reason.

`CORPUS` maps a name to (fault, bytes). Packs are signed with the trusted key wherever the fault is not about keys, so
that the guard under test is the only thing between them and the disk.
"""

from __future__ import annotations

from tests.library.packs import hostile_contents, hostile_zips
from tests.library.packs.corpus import CORPUS

__all__ = ["CORPUS", "hostile_contents", "hostile_zips"]
