"""`py2cpp-autograd watch FILE...`: verifies files whenever they are saved, with processes that stay."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence

import click

from py2cpp_autograd.cli.terminal import color_option, read_bytes
from py2cpp_autograd.cli.verdicts import deliver, needing_a_toolchain
from py2cpp_autograd.verify.options import VerifyOptions

#: Between two looks at the files.
_SECONDS = 0.1


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="The seed of both sides.")
@click.option("--timeout", type=click.FloatRange(0, min_open=True), default=60.0, show_default=True, help="In seconds.")
@click.option("--times", type=click.IntRange(1), help="End after so many reports; default: never.")
@color_option
def command(files: tuple[str, ...], seed: int, timeout: float, times: int | None, color: str) -> None:
    """Verify files now, and each again whenever it is saved. This runs the programs: trust them.

    Exit status: 0 when it is interrupted; 2 = usage, or no compiler or torch.
    """
    from py2cpp_autograd.verify.run import Session

    for path in files:
        read_bytes(path)
    with needing_a_toolchain(), Session(VerifyOptions(seed=seed, timeout=timeout), len(files)) as session:
        try:
            for number, changed in enumerate(_saved(files), 1):
                deliver(session.verify_files(changed), "text", None, color)
                sys.stdout.flush()
                if number == times:
                    return
        except KeyboardInterrupt:
            return


def _saved(files: Sequence[str]) -> Iterator[list[str]]:
    """All files, then those that are saved, as often as that happens. A file that is being replaced is waited for."""
    known: dict[str, int] = {}
    while True:
        changed = [path for path in files if (found := _time(path)) is not None and known.get(path) != found]
        known |= {path: found for path in changed if (found := _time(path)) is not None}
        if changed:
            yield changed
        time.sleep(_SECONDS)


def _time(path: str) -> int | None:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return None
