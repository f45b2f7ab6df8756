"""`python -m netstab`."""

import sys

from netstab.cli import main

if __name__ == "__main__":
    sys.exit(main())
