"""Python's exceptions and what each derives from. A translated program has one C++ class for each."""

from __future__ import annotations

#: The builtin exceptions, each with its base; those of version 3.10, which all later ones have.
BASES = {
    "Exception": "BaseException", "GeneratorExit": "BaseException", "KeyboardInterrupt": "BaseException",
    "SystemExit": "BaseException", "ArithmeticError": "Exception", "AssertionError": "Exception",
    "AttributeError": "Exception", "BufferError": "Exception", "EOFError": "Exception", "ImportError": "Exception",
    "LookupError": "Exception", "MemoryError": "Exception", "NameError": "Exception", "OSError": "Exception",
    "ReferenceError": "Exception", "RuntimeError": "Exception", "StopIteration": "Exception",
    "SyntaxError": "Exception", "SystemError": "Exception", "TypeError": "Exception", "ValueError": "Exception",
    "Warning": "Exception", "FloatingPointError": "ArithmeticError", "OverflowError": "ArithmeticError",
    "ZeroDivisionError": "ArithmeticError", "BytesWarning": "Warning", "DeprecationWarning": "Warning",
    "EncodingWarning": "Warning", "FutureWarning": "Warning", "ImportWarning": "Warning",
    "PendingDeprecationWarning": "Warning", "ResourceWarning": "Warning", "RuntimeWarning": "Warning",
    "SyntaxWarning": "Warning", "UnicodeWarning": "Warning", "UserWarning": "Warning", "BlockingIOError": "OSError",
    "ChildProcessError": "OSError", "ConnectionError": "OSError", "FileExistsError": "OSError",
    "FileNotFoundError": "OSError", "InterruptedError": "OSError", "IsADirectoryError": "OSError",
    "NotADirectoryError": "OSError", "PermissionError": "OSError", "ProcessLookupError": "OSError",
    "TimeoutError": "OSError", "IndentationError": "SyntaxError", "IndexError": "LookupError",
    "KeyError": "LookupError", "ModuleNotFoundError": "ImportError", "NotImplementedError": "RuntimeError",
    "RecursionError": "RuntimeError", "UnboundLocalError": "NameError", "UnicodeError": "ValueError",
    "BrokenPipeError": "ConnectionError", "ConnectionAbortedError": "ConnectionError",
    "ConnectionRefusedError": "ConnectionError", "ConnectionResetError": "ConnectionError",
    "TabError": "IndentationError", "UnicodeDecodeError": "UnicodeError", "UnicodeEncodeError": "UnicodeError",
    "UnicodeTranslateError": "UnicodeError",
}  # fmt: skip

#: Other names of some.
ALIASES = {"IOError": "OSError", "EnvironmentError": "OSError"}
#: What ends the program.
EXIT = "SystemExit"
