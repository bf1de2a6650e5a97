"""What queries call the columns is what the tables declare."""

from __future__ import annotations

import subprocess
import sys

from omi_desktop.store import columns, tables


def test_queries_know_every_column_of_every_table_in_its_order() -> None:
    declared = {table.name: [column.name for column in table.columns] for table in tables.ALL}
    assert {table.name: [column.name for column in table.columns] for table in columns.ALL} == declared


def test_a_start_with_a_file_that_is_up_to_date_does_not_pay_for_sqlmodel() -> None:
    script = (
        "import sys\n"
        "import omi_desktop.services.desk, omi_desktop.sync.syncing\n"
        "print([name for name in ('sqlmodel', 'pydantic', 'alembic', 'requests') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
