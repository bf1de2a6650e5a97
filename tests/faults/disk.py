"""What a disk may hold after the power went: a log of calls replayed up to one of them, with what was not synced
dropped, torn or reordered.

The model knows inodes and names. Data that was written is safe once its file was synced, and before that any part of
it may be there, sector by sector. Names (made, removed, moved) and sizes cut down are metadata: which of them are safe
depends on the kind of disk (`Kind`); of the others any beginning of their order may be there.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from pathlib import Path, PurePosixPath

from tests.faults.calls import Call

SECTOR = 512


class Kind(StrEnum):
    """Kinds of disk, by what makes names safe."""

    POSIX = "posix"
    """A directory's sync makes the names in it safe, and nothing else does: the letter of the standard."""
    JOURNALLING = "journalling"
    """Any sync makes all metadata before it safe, as on ext4, XFS, APFS or NTFS."""
    UNHONOURED = "directory syncs not honoured"
    """A directory's sync does nothing; a file's sync makes all metadata before it safe: NTFS, where a directory can't
    be synced."""
    NAMELESS = "names never safe"
    """No sync at all makes a name safe that was made, moved or removed since the life began: no disk that we know."""


@dataclass(frozen=True)
class Wrote:
    """Bytes written to a file."""

    inode: int
    offset: int
    data: bytes


@dataclass(frozen=True)
class Cut:
    """A file brought to a size."""

    inode: int
    size: int


@dataclass(frozen=True)
class Named:
    """Names that changed at once: each with the inode that it names now, or None."""

    names: tuple[tuple[str, int | None], ...]

    @property
    def folder(self) -> str:
        """The directory whose sync makes this safe: of two, that of the new name."""
        return str(PurePosixPath(self.names[-1][0]).parent)


@dataclass(frozen=True)
class Synced:
    """A file or directory synced: what was done up to `began` is safe."""

    inode: int
    began: int


@dataclass(frozen=True)
class Said:
    """Lines of the diary."""

    text: bytes


Op = Wrote | Cut | Named | Synced | Said


@dataclass
class Recording:
    """One life as operations on a disk. `start` are the files at its beginning, all of them safe."""

    folder: str
    diary: str
    start: dict[str, bytes | None] = field(default_factory=dict)
    """By path; None for a directory."""
    ops: list[Op] = field(default_factory=list)
    inodes: dict[str, int] = field(default_factory=dict)
    """Those at the start."""
    folders: set[int] = field(default_factory=set)
    paths: dict[int, str] = field(default_factory=dict)
    """The path of each directory."""
    _safe_from: dict[Kind, list[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, profile: Path, diary: Path, start: Path | None, calls: Sequence[Call]) -> Recording:
        """Read the calls of a life on `profile`, which was a copy of `start` at its beginning. Raises ValueError for
        a call that this model does not know."""
        made = cls(str(profile), str(diary))
        room = profile.parent
        made._add(str(room), None)
        if start is not None:
            made._add(str(profile), None)
            for path in sorted(start.rglob("*")):
                name = str(profile / path.relative_to(start))
                made._add(name, None if path.is_dir() else path.read_bytes())
        _Reader(made).read(calls)
        return made

    def safe_from(self, kind: Kind) -> list[int]:
        """Of each operation, the index of the sync that makes it safe; of one that none does, their number."""
        if kind not in self._safe_from:
            self._safe_from[kind] = found = [len(self.ops)] * len(self.ops)
            for index, op in enumerate(self.ops):
                if isinstance(op, Synced):
                    for i in range(op.began):
                        if found[i] == len(self.ops) and self._makes_safe(op, self.ops[i], kind):
                            found[i] = index
        return self._safe_from[kind]

    def _makes_safe(self, sync: Synced, done: Op, kind: Kind) -> bool:
        folder = self.paths.get(sync.inode)
        if isinstance(done, Wrote | Cut) and done.inode == sync.inode:
            return True
        if kind is Kind.POSIX:
            return isinstance(done, Named) and done.folder == folder
        is_heard = kind is Kind.JOURNALLING or (kind is Kind.UNHONOURED and folder is None)
        return is_heard and isinstance(done, Named | Cut)

    def _add(self, path: str, data: bytes | None) -> None:
        self.inodes[path] = inode = len(self.inodes)
        self.start[path] = data
        if data is None:
            self.folders.add(inode)
            self.paths[inode] = path


class _Reader:
    """Follows names and positions through the calls of one life."""

    def __init__(self, made: Recording) -> None:
        self._made = made
        self._now = dict(made.inodes)
        self._contents = {made.inodes[path]: bytearray(data or b"") for path, data in made.start.items()}
        self._at: dict[int, int] = {}
        self._appends: set[int] = set()
        self._files: dict[int, int] = {}
        self._next = len(made.inodes)
        self._index: list[int] = []

    def read(self, calls: Sequence[Call]) -> None:
        """Turn each call into an operation."""
        for call in calls:
            # How many operations there were when this one ended: what had begun before is known by index.
            self._index.append(len(self._made.ops))
            self._read(call)

    def _read(self, call: Call) -> None:  # noqa: C901, PLR0912 - a case for each kind of call
        path = call.fd_path
        inside = path is not None and self._is_inside(path)
        match call.name:
            case "write" if path == self._made.diary:
                self._made.ops.append(Said(call.texts[0]))
            case "openat" | "open" | "creat":
                self._open(call)
            case "write" | "pwrite64" if inside:
                self._write(call)
            case "lseek" if inside:
                self._at[call.fd] = call.result
            case "ftruncate" if inside:
                self._cut(self._files[call.fd], call.numbers[-1])
            case "fsync" | "fdatasync" if inside:
                began = self._index[call.began + 1] if call.began + 1 < len(self._index) else 0
                self._made.ops.append(Synced(self._files[call.fd], began))
            case "unlink" | "unlinkat" | "rmdir":
                for name in self._names(call):
                    self._now.pop(name)
                    self._made.ops.append(Named(((name, None),)))
            case "rename" | "renameat" | "renameat2" if names := self._names(call):
                self._move(*names)
            case "mkdir" | "mkdirat":
                for name in self._names(call):
                    self._make(name, is_folder=True)
            case "mmap" if "PROT_WRITE" in call.words and "MAP_SHARED" in call.words:
                self._refuse_inside(call)
            case "sendfile" | "copy_file_range":
                self._copy(call)
            case "read" | "readv" if inside:
                self._at[call.fd] = self._at.get(call.fd, 0) + call.result
            case "chmod" | "fchmod" | "fchmodat" | "utimensat":
                pass
            case (
                "writev"
                | "pwritev"
                | "pwritev2"
                | "truncate"
                | "fallocate"
                | "link"
                | "linkat"
                | "symlink"
                | "splice"
            ):
                self._refuse_inside(call)
            case _:
                pass

    def _is_inside(self, path: str) -> bool:
        """Whether a path is in the profile, the profile itself, or the directory that it is in."""
        folder = self._made.folder
        return path in (folder, str(PurePosixPath(folder).parent)) or path.startswith(f"{folder}/")

    def _names(self, call: Call) -> list[str]:
        """The paths among a call's arguments that are inside, made whole where they are relative to a directory."""
        bases = re.findall(r"(?:AT_FDCWD|\d+)<((?:\\x[0-9a-f]{2})*)>", call.words)
        base = bytes.fromhex(bases[0].replace("\\x", "")).decode() if bases else "/"
        found = [str(PurePosixPath(base) / text.decode()) for text in call.texts]
        return [name for name in found if self._is_inside(name)]

    def _refuse_inside(self, call: Call) -> None:
        if self._made.folder.encode().hex() in call.words.replace("\\x", ""):
            if call.name == "mmap" and "2d73686d" in call.words.replace("\\x", ""):
                return  # WAL's index: never synced, and made anew from the WAL.
            raise ValueError(f"a call that this model does not know: {call.name}")

    def _open(self, call: Call) -> None:
        for name in self._names(call):
            self._files[call.result] = (
                self._now[name] if name in self._now else self._make(name, is_folder=False)
            )
            self._at[call.result] = 0
            self._appends.discard(call.result)
            if "O_APPEND" in call.words:
                self._appends.add(call.result)
            if "O_TRUNC" in call.words and self._contents[self._files[call.result]]:
                self._cut(self._files[call.result], 0)

    def _make(self, name: str, *, is_folder: bool) -> int:
        inode, self._next = self._next, self._next + 1
        self._now[name] = inode
        self._contents[inode] = bytearray()
        if is_folder:
            self._made.folders.add(inode)
            self._made.paths[inode] = name
        self._made.ops.append(Named(((name, inode),)))
        return inode

    def _move(self, old: str, new: str) -> None:
        inode = self._now.pop(old)
        if inode in self._made.folders:
            raise ValueError("a directory is renamed: this model does not know that")
        self._now[new] = inode
        self._made.ops.append(Named(((old, None), (new, inode))))

    def _write(self, call: Call) -> None:
        inode = self._files[call.fd]
        data = call.texts[0][: call.result]
        if call.name == "pwrite64":
            offset = call.numbers[-1]
        else:
            offset = len(self._contents[inode]) if call.fd in self._appends else self._at.get(call.fd, 0)
            self._at[call.fd] = offset + len(data)
        self._put(inode, offset, data)

    def _put(self, inode: int, offset: int, data: bytes) -> None:
        op = Wrote(inode, offset, data)
        apply_to(self._contents[inode], op)
        self._made.ops.append(op)

    def _cut(self, inode: int, size: int) -> None:
        op = Cut(inode, size)
        apply_to(self._contents[inode], op)
        self._made.ops.append(op)

    def _copy(self, call: Call) -> None:
        """The kernel copies from one file to another: what is copied stands in what this model holds of the first."""
        found = re.findall(r"(\d+)<((?:\\x[0-9a-f]{2})*)>", call.words)
        (one, one_path), (two, _) = (
            (int(fd), bytes.fromhex(p.replace("\\x", "")).decode()) for fd, p in found[:2]
        )
        if not self._is_inside(one_path):
            return
        to, source = (one, two) if call.name == "sendfile" else (two, one)
        explicit = re.search(r", \[(\d+)\]", call.words)
        start = int(explicit[1]) if explicit else self._at.get(source, 0)
        data = bytes(self._contents[self._files[source]][start : start + call.result])
        self._put(self._files[to], self._at.get(to, 0), data)
        self._at[to] = self._at.get(to, 0) + len(data)
        if not explicit:
            self._at[source] = start + len(data)


def apply_to(contents: bytearray, op: Wrote | Cut) -> None:
    """Do to a file's bytes what was done."""
    end = op.size if isinstance(op, Cut) else op.offset
    if len(contents) < end:
        contents.extend(bytes(end - len(contents)))
    if isinstance(op, Cut):
        del contents[op.size :]
    else:
        contents[op.offset : op.offset + len(op.data)] = op.data


@dataclass(frozen=True)
class State:
    """What a disk holds after a cut: the files of the profile by path (None for a directory), and the diary."""

    files: dict[str, bytes | None]
    diary: bytes


def cut(recording: Recording, at: int, kind: Kind, rng: random.Random) -> State:
    """The disk after the power went when `at` operations were done."""
    ops, safe_from = recording.ops[:at], recording.safe_from(kind)
    metadata = [i for i, op in enumerate(ops) if isinstance(op, Cut | Named) and safe_from[i] >= at]
    # A disk's own journal keeps their order: any beginning of it may have been written.
    kept = set(metadata[: rng.choice((0, len(metadata), rng.randint(0, len(metadata))))])
    share, torn = rng.choice((0.0, 0.2, 0.5, 0.8, 1.0)), rng.choice((0.0, 0.0, 0.2, 0.6))
    names: dict[str, int] = dict(recording.inodes)
    contents = {recording.inodes[path]: bytearray(data or b"") for path, data in recording.start.items()}
    for i, op in enumerate(ops):
        is_safe = safe_from[i] < at
        match op:
            case Named() if is_safe or i in kept:
                for name, inode in op.names:
                    if inode is None:
                        names.pop(name, None)
                    else:
                        names[name] = inode
            case Cut() if is_safe or i in kept:
                apply_to(contents.setdefault(op.inode, bytearray()), op)
            case Wrote() if is_safe or rng.random() < share:
                for part in (op,) if is_safe or rng.random() >= torn else _torn(op, rng):
                    apply_to(contents.setdefault(op.inode, bytearray()), part)
            case _:
                pass
    files = _reachable(recording, names, contents)
    return State(files, b"".join(op.text for op in ops if isinstance(op, Said)))


def _torn(op: Wrote, rng: random.Random) -> Iterable[Wrote]:
    """Some of the sectors of a write: its beginning, its end, or any."""
    first = SECTOR - op.offset % SECTOR
    edges = [0, *range(first, len(op.data), SECTOR), len(op.data)]
    sectors = list(pairwise(edges))
    point = rng.randint(0, len(sectors))
    chosen = rng.choice((sectors[:point], sectors[point:], [s for s in sectors if rng.random() < 0.5]))
    return [Wrote(op.inode, op.offset + start, op.data[start:end]) for start, end in chosen]


def _reachable(
    recording: Recording, names: dict[str, int], contents: dict[int, bytearray]
) -> dict[str, bytes | None]:
    """The files whose directories are there too."""
    found: dict[str, bytes | None] = {}
    for path in sorted(names):
        if path != recording.folder and not path.startswith(f"{recording.folder}/"):
            continue
        if path != recording.folder and str(PurePosixPath(path).parent) not in found:
            continue
        if path.endswith("-shm"):
            continue
        found[path] = None if names[path] in recording.folders else bytes(contents.get(names[path], b""))
    return found
