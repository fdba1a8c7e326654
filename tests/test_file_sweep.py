"""One file in fifty of the standard library: no crash, no long wait, and a place for each refusal.

All of it, and torch: `python -m py2cpp_autograd.tools.file_sweep`.
"""

from __future__ import annotations

import sysconfig
from pathlib import Path

from py2cpp_autograd.tools.file_sweep import answer


def test_the_standard_library_is_answered() -> None:
    folder = Path(sysconfig.get_path("stdlib"))
    files = sorted(path for path in folder.rglob("*.py") if "site-packages" not in path.parts)
    faults = {str(found.path): found.fault for path in files[::50] if (found := answer(path, 10.0)).fault}
    assert not faults
