"""`python -m omi_desktop`."""

import sys

from omi_desktop.cli import main

if __name__ == "__main__":
    sys.exit(main())
