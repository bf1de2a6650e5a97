"""The calls of a watched life, read from what strace wrote (`-f -y -xx -s …`)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CHANGING = (  # noqa: SIM905 - a line a name otherwise
    "open openat openat2 creat write pwrite64 writev pwritev pwritev2 fsync fdatasync sync_file_range "
    "syncfs truncate ftruncate fallocate unlink unlinkat rename renameat renameat2 link linkat symlink "
    "symlinkat mkdir mkdirat rmdir chmod fchmod fchmodat utimensat copy_file_range sendfile splice"
).split()
"""Every call by which a program changes files, or waits for the disk."""
READING = (  # noqa: SIM905 - a line a name otherwise
    "close read pread64 readv preadv lseek fcntl flock access faccessat faccessat2 stat lstat fstat "
    "newfstatat statx getdents64 readlink statfs"
).split()
"""Other calls on files: what a kill leaves at one is what the call before it left."""

_LINE = re.compile(r"(\d+)\s+(\w+)\((.*)\)\s+= (-?\d+)(?:<.*>)?(?: .*)?$")
_UNFINISHED = re.compile(r"(\d+)\s+(\w+)\((.*) <unfinished \.\.\.>$")
_RESUMED = re.compile(r"(\d+)\s+<\.\.\. (\w+) resumed>(.*)$")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')
_BEGUN = re.compile(r"(\d+)\s+(\w+)\((.*)$")
_ANY_PATH = re.compile(r'<((?:\\x[0-9a-f]{2})+)>|"((?:\\x[0-9a-f]{2})+)"')
_FD = re.compile(r"^(?:AT_FDCWD|\d+)<((?:\\x[0-9a-f]{2})*)>")


@dataclass(frozen=True)
class Call:
    """One call that succeeded. `began` is the index of the last call that had ended when this one began."""

    thread: int
    name: str
    words: str
    result: int
    began: int

    @property
    def texts(self) -> list[bytes]:
        """The strings among its arguments. Raises ValueError where strace cut one off."""
        found = []
        for text, cut in _TEXT.findall(self.words):
            if cut:
                raise ValueError(f"strace cut a string of {self.name} off")
            found.append(unhex(text))
        return found

    @property
    def fd(self) -> int:
        """The file descriptor that is its first argument."""
        return int(self.words.split("<")[0])

    @property
    def fd_path(self) -> str | None:
        """What that one was opened on."""
        found = _FD.match(self.words)
        return unhex(found[1]).decode() if found else None

    @property
    def numbers(self) -> list[int]:
        """The plain numbers at the end of its arguments."""
        tail = re.search(r"((?:, -?\d+)+)$", self.words)
        return [int(part) for part in tail[1].split(", ")[1:]] if tail else []


def unhex(text: str) -> bytes:
    """The bytes of `\\x61\\x62`."""
    return bytes.fromhex(text.replace("\\x", ""))


def options(log: Path, *, most: int) -> list[str]:
    """How to watch a life so that it can be read here, with strings of so many bytes at most; paths are whole."""
    kinds = ",".join(f"?{name}" for name in (*CHANGING, *READING, "mmap"))
    return ["-y", "-xx", "-s", str(most), "-o", str(log), "-e", f"trace={kinds}", "-e", "signal=none"]


def read(log: Path) -> list[Call]:
    """The calls that succeeded, in the order in which they ended."""
    return list(_read(log.read_text("ascii")))


def _read(text: str) -> Iterator[Call]:
    begun: dict[tuple[int, str], tuple[str, int]] = {}
    ended = -1
    for line in text.splitlines():
        began = ended
        whole = line
        # A line is as long as what was written: looked through for its end by each expression in turn it takes longest.
        if line.endswith("<unfinished ...>") and (found := _UNFINISHED.match(line)) is not None:
            begun[int(found[1]), found[2]] = found[3], ended
            continue
        if (found := _RESUMED.match(line)) is not None:
            start, began = begun.pop((int(found[1]), found[2]))
            whole = f"{found[1]} {found[2]}({start}{found[3]}"
        if (found := _LINE.match(whole)) is not None and int(found[4]) >= 0:
            ended += 1
            yield Call(int(found[1]), found[2], found[3], int(found[4]), began)


def touched(log: Path, folder: Path) -> Counter[tuple[str, str]]:
    """How often each kind of call touched each path of a folder, failed calls included; where several threads did,
    how often the busiest."""
    by_thread: Counter[tuple[str, str, str]] = Counter()
    for line in log.read_text("ascii").splitlines():
        if (found := _BEGUN.match(line)) is None:
            continue
        for text in {described or given for described, given in _ANY_PATH.findall(found[3])}:
            path = unhex(text).decode(errors="replace")
            if path == str(folder) or path.startswith(f"{folder}/"):
                by_thread[found[1], found[2], path] += 1
    most: Counter[tuple[str, str]] = Counter()
    for (_, name, path), times in by_thread.items():
        most[name, path] = max(most[name, path], times)
    return most
