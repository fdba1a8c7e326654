"""What every subcommand shares at the terminal: colour, failures, and files that are written whole or not at all."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, TypeVar

import click

_Function = TypeVar("_Function", bound=Callable[..., None])


class Failure(click.ClickException):
    """Something that is not the user's program: usage, configuration, I/O, toolchain. Exit status 2."""

    exit_code = 2

    def show(self, file: IO[str] | None = None) -> None:
        """Print the message to standard error."""
        click.echo(f"error: {self.format_message()}", file=file or sys.stderr)


def color_option(command: _Function) -> _Function:
    """The option `--color auto|always|never`."""
    return click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        help="Colour the diagnostics; auto obeys NO_COLOR, FORCE_COLOR and whether it is a terminal.",
    )(command)


def use_color(choice: str, stream: IO[str]) -> bool:
    """Whether to colour what goes to `stream`: --color, then NO_COLOR, then FORCE_COLOR, then a terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return os.environ.get("TERM") != "dumb" and stream.isatty()


def read_bytes(path: str) -> bytes:
    """The content of the regular file `path`, or of standard input for `-`."""
    if path == "-":
        return sys.stdin.buffer.read()
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            raise Failure(f"{path}: is a directory, not a Python file")
        if not stat.S_ISREG(mode):
            raise Failure(f"{path}: is not a regular file")
        return Path(path).read_bytes()
    except OSError as error:
        raise Failure(f"{path}: {error.strerror or error}") from None


def write_atomically(path: str, text: str) -> None:
    """Write `text` to `path` as UTF-8 with LF line ends; a reader sees the old file or the new one, never a part.

    A symbolic link is followed: the file that it names is replaced.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        raise Failure(f"{path}: is not a regular file")
    temporary = None
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, _mode(target))
        os.replace(temporary, target)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise Failure(f"{path}: {error.strerror or error}") from None


def _mode(target: Path) -> int:
    """The permissions of the file that is replaced, else those of a new file under the process's umask."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def print_text(text: str) -> None:
    """Write `text` to standard output as UTF-8 whatever the locale says, without changing line ends."""
    stream = sys.stdout.buffer
    stream.write(text.encode("utf-8"))
    stream.flush()
