"""The build cache: files by the digest of all that they depend on, written atomically, locked by the kernel."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

#: Oldest entries go when the cache grows over this many bytes.
MAX_BYTES = 6 * 1024**3
#: The file that an entry has when it is whole.
_WHOLE = "complete"
#: Of files up to this size the content is checked; the compiler checks precompiled headers.
_CHECKED_BYTES = 64 * 1024**2
#: What was used this recently may still be in use, by this or another process.
_IN_USE_SECONDS = 3600


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
    """The folder `name` of the cache, filled by `build` if it is missing or was left half-built.

    It is built in its place, not renamed to it: clang's precompiled headers remember where they were made.
    """
    folder = root / name
    if is_whole(folder):
        os.utime(folder)
        return folder
    with lock(root, name):
        if not is_whole(folder):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            build(folder)
            seal(folder)
    trim(root)
    return folder


def seal(folder: Path) -> None:
    """Say of an entry that it is whole: what its files are, so that damage is found when it is read."""
    files = {path.name: _digest(path) for path in folder.iterdir() if path.is_file() and path.name != _WHOLE}
    pending = folder / f"{_WHOLE}.pending"
    with open(pending, "w", encoding="utf-8") as file:
        json.dump(files, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(pending, folder / _WHOLE)


def is_whole(folder: Path) -> bool:
    """Whether an entry is there as it was built."""
    try:
        files = json.loads((folder / _WHOLE).read_text("utf-8"))
        return all(_digest(folder / name) == digest for name, digest in files.items())
    except (OSError, ValueError, AttributeError):
        return False


def _digest(path: Path) -> str:
    """The size of a file and, where reading it does not take long, the checksum of its content."""
    size = path.stat().st_size
    return f"{size} {zlib.crc32(path.read_bytes())}" if size <= _CHECKED_BYTES else f"{size}"


def trim(root: Path, limit: int = MAX_BYTES) -> None:
    """Remove the entries that were not used for longest until the cache is within its limit."""
    entries = [path for path in root.iterdir() if path.is_dir() and (path / _WHOLE).is_file()]
    sizes = {path: sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) for path in entries}
    total = sum(sizes.values())
    for path in sorted(entries, key=lambda folder: folder.stat().st_mtime)[:-1]:
        if total <= limit or time.time() - path.stat().st_mtime < _IN_USE_SECONDS:
            return
        total -= sizes[path]
        shutil.rmtree(path, ignore_errors=True)
