"""What `verify`, `check` and `demo` do with verdicts: get them, show them, turn them into an exit status."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from py2cpp_autograd import __version__
from py2cpp_autograd.cli.terminal import Failure, print_text, use_color, write_atomically
from py2cpp_autograd.diagnostics import CODES
from py2cpp_autograd.verify.cache import cache_root
from py2cpp_autograd.verify.errors import BuildError, SideError, ToolchainError
from py2cpp_autograd.verify.options import VerifyOptions
from py2cpp_autograd.verify.remembered import Memory
from py2cpp_autograd.verify.report import Format, Results, failed, written
from py2cpp_autograd.verify.report.as_text import as_text
from py2cpp_autograd.verify.toolchain import find_toolchain
from py2cpp_autograd.verify.verdict import Verdict

__all__ = ["Format", "deliver", "exit_status", "needing_a_toolchain", "verified", "verified_if_changed"]


@contextmanager
def needing_a_toolchain() -> Iterator[None]:
    """Turn a machine that cannot build, and files that cannot be read, into exit status 2 and what to do."""
    try:
        yield
    except (ToolchainError, BuildError) as error:
        row = CODES["PCA702"]
        raise Failure(f"[{row.code}] {error}\n  = help: {row.help}") from None
    except (OSError, UnicodeDecodeError, SideError) as error:
        raise Failure(str(error)) from None


def verified(paths: Sequence[Path], options: VerifyOptions, cpp: Path | None = None) -> list[Verdict]:
    """The verdicts on files, in order; exit status 2 where nothing can be verified."""
    from py2cpp_autograd.verify.run import verify_files

    with needing_a_toolchain():
        return verify_files(paths, options, cpp)


def verified_if_changed(
    names: Sequence[str], options: VerifyOptions, everything: bool = False
) -> tuple[dict[str, Verdict], list[Verdict]]:
    """The matches that are remembered, and the verdicts on all others, which are remembered from now on."""
    with needing_a_toolchain():
        toolchain = find_toolchain(options.compiler, options.standard)
        memory = Memory.of(cache_root(options.cache), toolchain, options.seed)
        keys = {name: memory.key(Path(name)) for name in names}
    recalled = {} if everything else {name: memory.recall(key, name) for name, key in keys.items()}
    known = {name: verdict for name, verdict in recalled.items() if verdict is not None}
    changed = [Path(name) for name in names if name not in known]
    new = verified(changed, options) if changed else []
    for verdict in new:
        # A file that was changed in the meantime is not what was verified.
        if verdict.status == "match" and memory.key(Path(verdict.path)) == keys[verdict.path]:
            memory.remember(keys[verdict.path], verdict)
    return known, new


def deliver(
    verdicts: Sequence[Verdict], format_: Format, output: str | None, color: str, unchanged: Collection[str] = ()
) -> None:
    """Print the report, or write it to `output`; colour is for text on a terminal."""
    sources = {verdict.path: _source(verdict) for verdict in verdicts if failed(verdict) or verdict.diagnostics}
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


def _source(verdict: Verdict) -> str:
    """The text that what is wrong is shown in."""
    from py2cpp_autograd.cli.source import read_source

    return read_source(verdict.path).text


def exit_status(verdicts: Sequence[Verdict]) -> int:
    """0 when every program matches and nothing else is wrong, else 1."""
    return int(any(failed(verdict) for verdict in verdicts))
