"""What `verify`, `check` and `demo` do with verdicts: get them, show them, turn them into an exit status."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from py2cpp_autograd import __version__
from py2cpp_autograd.cli.source import read_source
from py2cpp_autograd.cli.terminal import Failure, print_text, use_color, write_atomically
from py2cpp_autograd.diagnostics import CODES
from py2cpp_autograd.verify import VerifyOptions, verify_files
from py2cpp_autograd.verify.compiler import BuildError
from py2cpp_autograd.verify.report import Format, Results, as_text, failed, written
from py2cpp_autograd.verify.toolchain import ToolchainError
from py2cpp_autograd.verify.verdict import Verdict

__all__ = ["Format", "deliver", "exit_status", "needing_a_toolchain", "verified"]


@contextmanager
def needing_a_toolchain() -> Iterator[None]:
    """Turn a machine that cannot build, and files that cannot be read, into exit status 2 and what to do."""
    try:
        yield
    except (ToolchainError, BuildError) as error:
        row = CODES["PCA702"]
        raise Failure(f"[{row.code}] {error}\n  = help: {row.help}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(str(error)) from None


def verified(
    paths: Sequence[Path], seed: int, jobs: int | None, timeout: float, cpp: Path | None = None
) -> list[Verdict]:
    """The verdicts on files, in order; exit status 2 where nothing can be verified."""
    with needing_a_toolchain():
        return verify_files(paths, VerifyOptions(seed=seed, jobs=jobs, timeout=timeout), cpp)


def deliver(
    verdicts: Sequence[Verdict], format_: Format, output: str | None, color: str, unchanged: Collection[str] = ()
) -> None:
    """Print the report, or write it to `output`; colour is for text on a terminal."""
    sources = {verdict.path: read_source(verdict.path).text for verdict in verdicts}
    results = Results(verdicts, sources, frozenset(unchanged), __version__)
    if format_ == "text":
        colored = color == "always" if output is not None else use_color(color, sys.stdout)
        text = as_text(results, colored)
    else:
        text = written(results, format_)
    if output is not None:
        write_atomically(output, text)
    else:
        print_text(text)


def exit_status(verdicts: Sequence[Verdict]) -> int:
    """0 when every program matches and nothing else is wrong, else 1."""
    return int(any(failed(verdict) for verdict in verdicts))
