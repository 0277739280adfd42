"""Where tegrastats is: where the program looks, and then PATH, as the reference does."""

from __future__ import annotations

import os
import shutil
import stat

from .. import _core
from .._errors import SensorError


def find_tegrastats(*, as_root: bool = False) -> str:
    """The file of tegrastats.

    One on PATH is taken last, and only where nobody but root and this user can have put it there;
    for root to run, never. Raises SensorError where there is none.
    """
    try:
        return _core.find_tegrastats()
    except SensorError:
        on_path = shutil.which("tegrastats")
        if as_root or on_path is None or not _is_ours(on_path):
            raise
        return on_path


def _is_ours(program: str) -> bool:
    file = os.path.realpath(program)
    for place in (file, os.path.dirname(file), os.path.dirname(os.path.abspath(program))):
        found = os.stat(place)
        if found.st_uid not in (0, os.geteuid()) or found.st_mode & stat.S_IWOTH:
            return False
        if found.st_mode & stat.S_IWGRP and found.st_gid not in (0, os.getegid()):
            return False
    return True
