"""The process of the Python side: enters its namespaces while it has one thread, then loads torch and serves."""

from __future__ import annotations

import contextlib

from py2cpp_autograd.verify import isolation


def main() -> None:
    """Serve requests on standard input; see `python_side`."""
    isolation.adopt_orphans()
    layers = [isolation.LIMITS]
    layers += [isolation.NAMESPACES] if isolation.enter_namespaces() else []
    layers += [isolation.LANDLOCK] if isolation.landlock_version() > 0 else []
    from py2cpp_autograd.verify.python_side import serve  # loads torch, which starts threads

    with contextlib.suppress(BrokenPipeError):  # whoever asked is gone
        serve(",".join(layers))


if __name__ == "__main__":
    main()
