"""Checks all content and prints each fault as `file:line: message`.

Run as `python -m omi_desktop.library.check`, with the folder to check if it is not that of the app.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from omi_desktop.domain.errors import LibraryProblem
from omi_desktop.library.locate import content_root
from omi_desktop.library.markdown import TooDeep, parse
from omi_desktop.library.model import to_file
from omi_desktop.library.read import Fault, FaultyContent, content_files, read
from omi_desktop.library.rules import facts, own, pictures, reading, shelf, spelling, text
from omi_desktop.library.rules.entry import Entry


def faults(root: Path) -> list[Fault]:
    """Everything that is wrong with the content under `root`, in the order of files and lines."""
    entries, found = read_all(root)
    found += shelf.stray(root)
    known = {f"{kind}/{path.stem}" for kind, path in content_files(root)} | {one.name for one in entries}
    for one in entries:
        found += shelf.names(one)
        found += shelf.links(one, known)
        found += text.body(one)
        found += text.length(one)
        found += facts.marks(one)
        found += facts.figures(one)
        found += pictures.pictures(one, root)
        found += own.activity(one)
        found += own.role(one)
    found += shelf.twice(entries)
    found += shelf.orphans(entries)
    found += pictures.diagrams(entries, root)
    return sorted(set(found))


def read_all(root: Path) -> tuple[list[Entry], list[Fault]]:
    """Every file under `root` that can be read, and what is wrong with the others."""
    entries: list[Entry] = []
    found: list[Fault] = []
    for kind, path in content_files(root):
        try:
            document = read(path, kind, root)
            entries.append(Entry(document, to_file(document), parse(document.body)))
        except FaultyContent as error:
            found += error.faults
        except TooDeep as error:
            found.append(Fault(document.file, document.body_line, error.title))
    return entries, found


def main() -> int:
    """Print the faults of the app's own content, or of the folder that is named; 1 when there are any."""
    parser = argparse.ArgumentParser(prog="python -m omi_desktop.library.check", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="what to check, if not the app's own content")
    parser.add_argument("--unknown-words", action="store_true", help="words that are in no dictionary")
    parser.add_argument("--reading-age", action="store_true", help="how old a reader of each text must be")
    asked = parser.parse_args()
    try:
        root = asked.folder or content_root()
        if asked.reading_age:
            return _report_ages(root)
        found = list(spelling.unknown_words(read_all(root)[0], root)) if asked.unknown_words else faults(root)
    except LibraryProblem as error:
        sys.stdout.write(f"{error}\n")
        return 1
    except spelling.NoDictionary as error:
        sys.stderr.write(f"{error}\n")
        return 1 if os.environ.get("CI") == "true" else 0
    sys.stdout.writelines(f"{fault}\n" for fault in found)
    return 1 if found else 0


def _report_ages(root: Path) -> int:
    for one in sorted(reading.readings(read_all(root)[0]), key=lambda one: -one.age):
        warning = f"  above {reading.TOO_OLD}: shorter sentences" if one.age > reading.TOO_OLD else ""
        sys.stdout.write(f"{one.age:5.1f}  {one.words:5,} words  {one.file}{warning}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
