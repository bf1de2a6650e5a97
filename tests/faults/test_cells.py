"""The rig of cells sees a formula, on paper and in LibreOffice."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from omi_desktop.reports import spreadsheet
from tests.faults.cells import Cells
from tests.faults.rig import Broken


def test_hostile_texts_stay_texts(tmp_path: Path) -> None:
    with Cells(tmp_path) as rig:
        assert rig.trial(1)["cells"] > 900


def test_the_rig_sees_a_cell_that_acts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "neutral", lambda cell: cell)
    with Cells(tmp_path) as rig, pytest.raises(Broken, match="may act"):
        rig.trial(1)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is for the long form only")
def test_libreoffice_sees_a_formula_where_there_is_one(tmp_path: Path) -> None:
    with Cells(tmp_path) as rig:
        assert rig.formulas(b"a,b\r\n=1+1,x\r\n")
        assert not rig.formulas(b"a,b\r\n'=1+1,x\r\n")
