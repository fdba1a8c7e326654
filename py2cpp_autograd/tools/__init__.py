"""Developer commands, run as `python -m py2cpp_autograd.tools.NAME`; the only shells that import torch."""
