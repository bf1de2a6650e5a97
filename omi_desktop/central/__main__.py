"""`omi-central` and `python -m omi_desktop.central`."""

from __future__ import annotations

from omi_desktop.central.cli import app


def main() -> None:
    """Run the operator's command."""
    app(prog_name="omi-central")


if __name__ == "__main__":
    main()
