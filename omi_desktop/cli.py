"""The command line. Only argparse and the checks that come before Qt: start-up counts."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from omi_desktop import __version__
from omi_desktop.domain.errors import OmiError


def main(arguments: Sequence[str] | None = None) -> int:
    """Start the app, the demo or the tour; the exit status."""
    chosen = _parser().parse_args(arguments)
    if chosen.tour_act:
        return _tour_act(chosen)
    if chosen.tour:
        return _tour(chosen.tour)
    # The platform module imports QtWidgets to see whether it can.
    from omi_desktop.ui.platform import has_display, missing_libraries  # noqa: PLC0415

    is_seen = has_display()
    if not is_seen:
        if chosen.demo:
            sys.stdout.write("There is no display here, so this is the tour, without a window.\n")
            return _tour(None)
        sys.stderr.write(
            "There is no display here, so no window can open. "
            "Start OMI Desktop on a desktop, or see it work with: omi-desktop --tour DIR\n"
        )
        return 1
    if sentence := missing_libraries():
        sys.stderr.write(f"{sentence}\n")
        return 1
    try:
        if chosen.demo:
            from omi_desktop.demo import run_demo  # noqa: PLC0415

            return run_demo()
        from omi_desktop.app import Options, run  # noqa: PLC0415

        options = Options(
            data_dir=chosen.data_dir,
            address=chosen.central,
            is_offline=chosen.offline,
            is_debug=chosen.debug,
        )
        return run(options)
    except OmiError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _tour(folder: Path | None) -> int:
    from omi_desktop.tour.conduct import run_tour  # noqa: PLC0415

    return run_tour(folder)


def _tour_act(chosen: argparse.Namespace) -> int:
    from omi_desktop.tour.conduct import run_act  # noqa: PLC0415

    return run_act(chosen.tour_act, data_dir=chosen.data_dir, address=chosen.central, pictures=chosen.tour)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="omi-desktop",
        description="Prepare sessions for young people, record who came without wifi, and sync later.",
    )
    parser.add_argument("--version", action="version", version=f"OMI Desktop {__version__}")
    parser.add_argument(
        "--data-dir",
        type=Path,
        metavar="DIR",
        help="keep everything under DIR, so that two laptops fit on one",
    )
    parser.add_argument(
        "--demo", action="store_true", help="look around with made-up sessions; yours are not touched"
    )
    parser.add_argument(
        "--tour", type=Path, metavar="DIR", help="see the main job done without a display; pictures go to DIR"
    )
    parser.add_argument("--central", metavar="URL", help="the address of OMI online")
    parser.add_argument("--offline", action="store_true", help="never use the network in this run")
    parser.add_argument("--debug", action="store_true", help="write more to the log")
    parser.add_argument("--tour-act", help=argparse.SUPPRESS)
    return parser
