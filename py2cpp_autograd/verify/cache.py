"""The build cache: files by the digest of all that they depend on, written atomically, locked by the kernel."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

#: Oldest entries go when the cache grows over this many bytes.
MAX_BYTES = 6 * 1024**3


def cache_root(wanted: Path | None = None) -> Path:
    """The folder of the cache; a temporary one when it cannot be written."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    root = wanted or Path(home) / "py2cpp-autograd"
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=root):
            return root
    except OSError:
        return Path(tempfile.mkdtemp(prefix="py2cpp-autograd-"))


@contextmanager
def lock(root: Path, name: str) -> Iterator[None]:
    """Hold the named lock; the kernel releases it when the process dies."""
    with open(root / f"{name}.lock", "w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def entry(root: Path, name: str, build: Callable[[Path], None]) -> Path:
    """The folder `name` of the cache, made by `build` (in a folder that gets its name when it is whole) if missing."""
    final = root / name
    if (final / "complete").is_file():
        os.utime(final)
        return final
    with lock(root, name):
        if (final / "complete").is_file():
            return final
        shutil.rmtree(final, ignore_errors=True)
        work = Path(tempfile.mkdtemp(prefix=f"{name}.", dir=root))
        try:
            build(work)
            (work / "complete").touch()
            os.replace(work, final)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    trim(root)
    return final


def trim(root: Path, limit: int = MAX_BYTES) -> None:
    """Remove the entries that were not used for longest until the cache is within its limit."""
    entries = [path for path in root.iterdir() if path.is_dir() and (path / "complete").is_file()]
    sizes = {path: sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) for path in entries}
    total = sum(sizes.values())
    for path in sorted(entries, key=lambda folder: folder.stat().st_mtime)[:-1]:
        if total <= limit:
            return
        total -= sizes[path]
        shutil.rmtree(path, ignore_errors=True)
