"""`python -m layerwatt`: the program layerwatt, with the same arguments."""

from __future__ import annotations

import sys
from typing import List, Optional

from . import _core


def main(arguments: Optional[List[str]] = None) -> int:
    """Runs the command line and returns its exit code. Results go to stdout, the rest to stderr."""
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        return _core.run_program(["layerwatt", *(sys.argv[1:] if arguments is None else arguments)])
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
