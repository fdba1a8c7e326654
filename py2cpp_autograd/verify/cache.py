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

from py2cpp_autograd.verify.errors import BuildError

#: Oldest entries go when the cache grows over this many bytes.
MAX_BYTES = 6 * 1024**3
#: The file that an entry has when it is whole.
_WHOLE = "complete"
#: The content of files above this size is checked only where their time says that somebody wrote to them.
_CHECKED_BYTES = 64 * 1024**2
#: What was used this recently may still be in use, by this or another process.
_IN_USE_SECONDS = 3600
#: The file whose time says when the cache was last looked through for what is old.
_TRIMMED = "trimmed"


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


def is_locked(root: Path, name: str) -> bool:
    """Whether some process holds the named lock."""
    with open(root / f"{name}.lock", "w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def entry(root: Path, name: str, build: Callable[[Path], None]) -> Path:
    """The folder `name` of the cache, filled by `build` if it is missing or was left half-built.

    It is built in its place, not renamed to it: clang's precompiled headers remember where they were made. Raises
    BuildError when the disk is full, say.
    """
    folder = root / name
    try:
        if is_whole(folder):
            os.utime(folder)
            return folder
        with lock(root, name):
            if not is_whole(folder):
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                build(folder)
                seal(folder)
        _trim_now_and_then(root)
    except OSError as error:
        raise BuildError(f"the cache at {root} cannot be written: {error.strerror or error}") from None
    return folder


def seal(folder: Path) -> None:
    """Say of an entry that it is whole: what its files are, so that damage is found when it is read."""
    files = {path.name: _manifest(path) for path in folder.iterdir() if path.is_file() and path.name != _WHOLE}
    pending = folder / f"{_WHOLE}.pending"
    with open(pending, "w", encoding="utf-8") as file:
        json.dump(files, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(pending, folder / _WHOLE)


def discard(folder: Path) -> None:
    """Have an entry built anew when it is next asked for: what it holds is of no use."""
    (folder / _WHOLE).unlink(missing_ok=True)


def discard_if_damaged(folder: Path) -> bool:
    """Discard an entry that is not as it was built, also where files too large to be read each time have changed."""
    damaged = not is_whole(folder, thoroughly=True)
    if damaged:
        discard(folder)
    return damaged


def is_whole(folder: Path, thoroughly: bool = False) -> bool:
    """Whether an entry is there as it was built."""
    try:
        files = json.loads((folder / _WHOLE).read_text("utf-8"))
        return all(_is_as_written(folder / name, of_file, thoroughly) for name, of_file in files.items())
    except (OSError, ValueError, AttributeError, TypeError):
        return False


def _manifest(path: Path) -> tuple[int, int, int]:
    """The size, the time and the checksum of a file."""
    known = path.stat()
    return known.st_size, known.st_mtime_ns, _checksum(path)


def _is_as_written(path: Path, manifest: tuple[int, int, int], thoroughly: bool) -> bool:
    size, time_ns, checksum = manifest
    known = path.stat()
    if known.st_size != size:
        return False
    may_be_believed = size > _CHECKED_BYTES and known.st_mtime_ns == time_ns and not thoroughly
    return may_be_believed or _checksum(path) == checksum


def _checksum(path: Path) -> int:
    value = 0
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            value = zlib.crc32(block, value)
    return value


def _trim_now_and_then(root: Path) -> None:
    """Trim, if that was not done within the time that keeps entries anyway."""
    stamp = root / _TRIMMED
    if not stamp.exists() or time.time() - stamp.stat().st_mtime > _IN_USE_SECONDS:
        stamp.touch()
        trim(root)


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
