"""CPython's compiler without its own warnings: `x is 1` is the business of a linter, and stderr is ours."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

# The stack size of new threads, the recursion limit and the warning filters belong to the process, not to a thread.
process_settings = threading.RLock()


@contextmanager
def without_warnings() -> Iterator[None]:
    """Compile inside this without a SyntaxWarning on stderr."""
    with process_settings, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
