"""The first process of the Python side: enters its namespaces while it has one thread, loads torch, forks servers."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys

from py2cpp_autograd.verify import isolation


def main() -> None:
    """Serve requests on the pipes that are named, `REQUESTS:REPLIES,...`, each with a process; see `python_side`."""
    pairs = [tuple(map(int, pair.split(":"))) for pair in sys.argv[1].split(",")]
    layers = [isolation.LIMITS]
    layers += [isolation.NAMESPACES] if isolation.enter_namespaces() else []
    layers += [isolation.LANDLOCK] if isolation.landlock_version() > 0 else []
    os.dup2(2, 1)
    from py2cpp_autograd.verify import python_side  # loads torch, which starts threads

    python_side.warm_up()
    gc.freeze()  # what is loaded stays: children need no copies of it to look for garbage
    numbers = {number for pair in pairs for number in pair}
    for requests, replies in pairs:
        if _is_child(numbers - {requests, replies}):
            isolation.adopt_orphans()
            with contextlib.suppress(BrokenPipeError):  # whoever asked is gone
                python_side.serve(",".join(layers), requests, replies)
            os._exit(0)
    if _is_child(numbers):
        while os.read(0, 1):  # until who started us ends
            pass
        os._exit(0)
    for number in numbers:
        os.close(number)
    os.wait()
    os.killpg(0, signal.SIGKILL)


def _is_child(closed: set[int]) -> bool:
    """Fork; the child, which does not outlive its parent, goes on without some of its files."""
    if os.fork() != 0:
        return False
    isolation.die_with_parent()
    for number in closed:
        os.close(number)
    return True


if __name__ == "__main__":
    main()
