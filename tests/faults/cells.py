"""Rig 9, the cells: whatever people typed, a spreadsheet of their sessions holds text and numbers and no formula.

Where LibreOffice is installed every tenth trial is opened in it; the counts say how many were.
"""

from __future__ import annotations

import csv
import random
import re
import shutil
import subprocess
from collections import Counter
from dataclasses import replace
from typing import ClassVar

from omi_desktop.reports import spreadsheet
from tests.faults.rig import Broken, Rig
from tests.kit.bodies import ASHBY, details

ROWS = 50
OPENED_EVERY = 10
_PATIENCE = 120
_STARTS = (*"=+-@|%\t\r\n＝＋－＠ \u00a0\u200b\ufeff\"',;a",)
_ACTIONS = (
    "1+1", "SUM(A1:A9)", "cmd|'/c calc'!A1", 'HYPERLINK("http://127.0.0.1:9/","x")', 'WEBSERVICE("http://127.0.0.1:9/")',
    'DDE("a";"b")', "2+5+cmd|' /C calc'!A0", "IMPORTXML(1)", "$A$1", "{=1}", '"";=1', "\r\n=1+1", ",=1+1",
)  # fmt: skip
_ACTS = re.compile(r"[ \u00a0\u200b\ufeff]*[=+\-@|%＝＋－＠\t\r\n]")
_FORMULA = re.compile(r"table:formula=\"[^\"]*\"")


class Cells(Rig):
    """See the module."""

    name: ClassVar[str] = "cells"
    what: ClassVar[str] = (
        "spreadsheets of hostile texts: no cell is a formula, read back and opened in LibreOffice"
    )
    unit: ClassVar[str] = "cells"
    short: ClassVar[int] = 100
    jobs: ClassVar[int] = 1

    def trial(self, seed: int) -> Counter[str]:
        """One spreadsheet."""
        rng = random.Random(seed)
        typed = [_typed(rng) for _ in range(ROWS)]
        found = [
            (details(class_name=text, places=(replace(ASHBY, name=text, town=text),)), "Saved")
            for text in typed
        ]
        data = spreadsheet.sessions(found)
        rows = list(csv.reader(data.decode("utf-8-sig").splitlines(keepends=True)))
        if {len(row) for row in rows} != {len(spreadsheet.HEAD)} or len(rows) != ROWS + 1:
            raise Broken("a text ended its cell or its row")
        acting = [cell for row in rows[1:] for cell in row if _ACTS.match(cell)]
        if acting:
            raise Broken(f"cells that may act: {acting[:3]!r}")
        counts = Counter({"cells": sum(map(len, rows))})
        if seed % OPENED_EVERY == 0 and shutil.which("soffice"):
            formulas = self.formulas(data)
            if formulas:
                raise Broken(f"LibreOffice found formulas: {formulas[:3]}")
            counts["opened"] += 1
        return counts

    def formulas(self, data: bytes) -> list[str]:
        """What LibreOffice takes for formulas in a CSV file."""
        file = self.folder / "sessions.csv"
        file.write_bytes(data)
        out = self.folder / "sessions.fods"
        out.unlink(missing_ok=True)
        # Commas, quotes, UTF-8, from line 1; the last token evaluates formulas, as a person may choose.
        filter_options = "csv:44,34,76,1,,0,false,true,false,false,false,-1,true"
        subprocess.run(
            ["soffice", "--headless", f"-env:UserInstallation={(self.folder / 'office').as_uri()}",
             f"--infilter={filter_options}", "--convert-to", "fods", "--outdir", str(self.folder), str(file)],
            check=True, capture_output=True, timeout=_PATIENCE,
        )  # fmt: skip
        return _FORMULA.findall(out.read_text("utf-8"))


def _typed(rng: random.Random) -> str:
    start = "".join(rng.choices(_STARTS, k=rng.randrange(1, 4)))
    return (start + rng.choice(_ACTIONS) + rng.choice(["", " ", "\n", "é", "🦊"]))[:200]
