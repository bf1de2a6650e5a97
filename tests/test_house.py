"""What the house promises about itself."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "omi_desktop"
MODULES = sorted([*PACKAGE.rglob("*.py"), *(ROOT / "tests").rglob("*.py")])
LONGEST = 600
README_BLOCKS = (
    "python3 -m venv .venv && .venv/bin/pip install '.[central]' && .venv/bin/omi-desktop --demo",
    "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest",
)
NEVER_ON_SCREEN = re.compile(
    r"\b(audience line|stages?|revisions?|centres?|carry file|withdrawn?|payload|interaction count|counter-sign)\b",
    re.IGNORECASE,
)
ALLOWED = ("Science centre or museum", "science centre", "space centre")
SCREEN = ("ui", "services", "library", "domain/errors.py", "domain/faults.py", "domain/session.py")


def test_no_module_is_longer_than_600_lines() -> None:
    long = {
        str(p.relative_to(ROOT)): n
        for p in MODULES
        if (n := len(p.read_text("utf-8").splitlines())) > LONGEST
    }
    assert not long


def test_the_first_two_blocks_of_the_readme_are_the_two_commands_of_a_newcomer() -> None:
    blocks = re.findall(
        r"^```sh\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    assert tuple(block.strip() for block in blocks[:2]) == README_BLOCKS


def test_every_link_of_the_readmes_leads_somewhere() -> None:
    dead = [
        f"{readme.relative_to(ROOT)}: {target}"
        for readme in [ROOT / "README.md", *PACKAGE.rglob("README.md")]
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", readme.read_text("utf-8"))
        if "://" not in target
        and not target.startswith(("omi:", "diagram:"))
        and not (readme.parent / target).exists()
    ]
    assert not dead


def _sentences(path: Path) -> Iterator[tuple[int, str]]:
    """Strings with a space in them that are not docstrings: what may come on a screen."""
    tree = ast.parse(path.read_text("utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    docstrings |= {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in docstrings and " " in str(node.value).strip():
            yield node.lineno, str(node.value)


@pytest.mark.parametrize("part", SCREEN)
def test_words_of_the_workshop_never_come_on_the_screen(part: str) -> None:
    said = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for path in (sorted((PACKAGE / part).rglob("*.py")) or [PACKAGE / part])
        for line, text in _sentences(path)
        if NEVER_ON_SCREEN.search(text) and text not in ALLOWED
    ]
    assert not said


def test_nothing_committed_names_a_registry_or_a_path_of_one_machine() -> None:
    hosts = re.compile(
        "|".join(("py" + r"pi\.org", "pythonhos" + "ted", r"deb\.deb" + "ian", r"registry\.npm" + "js"))
    )
    home = str(ROOT)
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    named = []
    for name in done.stdout.split("\n"):
        path = ROOT / name
        if path.suffix in (".py", ".md", ".toml", ".json", ".mako", "") and path.is_file():
            text = path.read_text("utf-8", errors="replace")
            if hosts.search(text) or (len(home) > 8 and home in text):
                named.append(name)
    assert not named


def test_this_pyside_keeps_its_references() -> None:
    """PySide6 6.12.0 on Python 3.11 drops one to True at every emit and aborts the interpreter after some hundreds."""
    script = (
        "from PySide6.QtCore import QObject, Signal\n"
        "class Bell(QObject):\n    rung = Signal(bool)\n"
        "bell = Bell()\nbell.rung.connect(lambda is_on: None)\n"
        "for _ in range(5000): bell.rung.emit(True)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
