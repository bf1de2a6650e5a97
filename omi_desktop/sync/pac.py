"""A proxy auto-configuration file, asked in a process of its own.

It is a program that the network hands us. Its interpreter holds Python's lock while it runs, so that one loop without
an end would freeze the whole app; a process can be ended, and has little memory to fill.
"""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection

SCRIPT_BYTES = 256 * 1024
"""A longer file is not run."""
SECONDS = 8.0
"""For starting the process and for the answer together."""
_MEMORY = 1024 * 1024 * 1024
"""Bytes of address space where that can be bounded."""
_WAYS = 8


def ask(script: str, url: str, host: str) -> list[str] | None:
    """The ways to an address in the order in which the file names them, each a proxy's URL or `DIRECT`; None when the
    file can't be asked, or says nothing that we can use."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(theirs, script, url, host), daemon=True)
    try:
        process.start()
        theirs.close()
        found = ours.recv() if ours.poll(SECONDS) else None
    except (EOFError, OSError):
        found = None
    finally:
        process.kill()
        process.join()
        ours.close()
    if not isinstance(found, list):
        return None
    usable = [way for way in found if way == "DIRECT" or way.startswith(("http://", "https://"))]
    return usable[:_WAYS] or None


def _answer(answer: Connection, script: str, url: str, host: str) -> None:
    """In the process: ask, tell, end."""
    _bound()
    from dukpy import JSInterpreter  # noqa: PLC0415 - an interpreter, which only this process needs
    from pypac.parser import PACFile, parse_pac_value  # noqa: PLC0415

    # Else the program could run scripts from this computer's disk by `require`.
    JSInterpreter._init_require = lambda _: None  # noqa: SLF001
    try:
        answer.send(parse_pac_value(PACFile(script).find_proxy_for_url(url, host)))
    except Exception:  # noqa: BLE001 - whatever a stranger's program raises, there is no answer
        answer.send(None)


def _bound() -> None:
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
