"""C++ by hand that only defines what a program uses: functions, modules, custom Functions of the same names.

The translation is the driver: its own definitions of these names give way to those by hand, which stand in a namespace
of their own inside the translation's. Calls then match signatures as C++ does.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from py2cpp_autograd.quiet import without_warnings

_NAMESPACE = "by_hand"
_INCLUDE = re.compile(r"^[ \t]*#[^\n]*$", re.MULTILINE)
_OWN_NAMESPACE = re.compile(r"\bnamespace\s+(\w+(?:::\w+)*)\s*\{")
#: The member that a recorder reads the attributes of an object by.
_FIELDS = "inline static const auto py2cpp_fields"
_COMMENT = re.compile(r"//[^\n]*|/\*[\s\S]*?\*/")


def only_defines(by_hand: str) -> bool:
    """Whether C++ text has no entry of its own."""
    return not re.search(r"\bint\s+main\s*\(|\bvoid\s+run\s*\(\s*\)", _COMMENT.sub("", by_hand))


def defined_names(source: str, by_hand: str) -> list[str]:
    """The functions and classes of the Python source that C++ text defines, too."""
    plain = _COMMENT.sub("", by_hand)
    return [name for name in _python_names(source) if _is_function(name, plain) or _class_of(name, plain)]


def why_not(source: str, by_hand: str) -> str:
    """Why C++ text that only defines says nothing about the Python source, or not all that it seems to; else empty."""
    plain, defined = _COMMENT.sub("", by_hand), defined_names(source, by_hand)
    outside = _outside_bodies(plain)
    for name in _python_names(source):
        if name not in defined and re.search(rf"(?<![\w.:>]){name}\s*(?:[({{=;]|\[)", outside):
            return f"`{name}` is in the C++, but not as a function or class that is defined outside of all others"
    if defined:
        return ""
    names = ", ".join(f"`{name}`" for name in _python_names(source))
    return f"the C++ defines none of {names or 'the functions and classes that the Python has'}, and records nothing"


def _outside_bodies(plain: str) -> str:
    """Text without what stands in the brackets of functions and classes."""
    kept: list[str] = []
    depth, start = 0, 0
    for found in re.finditer(r"[{}]", plain):
        if found[0] == "{":
            if depth == 0:
                kept.append(plain[start : found.end()])
                start = found.end()
            is_namespace = depth == 0 and re.search(r"\bnamespace\b[\w\s:]*$|\bextern\s*\"C\"\s*$", kept[-1][:-1])
            depth += 0 if is_namespace else 1
        elif depth > 0:
            depth -= 1
            start = found.start() if depth == 0 else start
    return "".join([*kept, plain[start:] if depth == 0 else ""])


def with_definitions(source: str, translation: str, by_hand: str) -> str:
    """The translation with the definitions by hand in place of its own of the same names."""
    names = defined_names(source, by_hand)
    is_recorded = _FIELDS in by_hand
    for name in names:
        by_hand = by_hand if is_recorded else _with_fields(name, translation, by_hand)
        translation = _without(name, translation)
    opening = re.search(r"^namespace \w+ \{$", translation, re.MULTILINE)
    assert opening is not None, "a translation has a namespace"
    includes = "\n".join(found.group().strip() for found in _INCLUDE.finditer(by_hand) if "pragma" not in found.group())
    body = _INCLUDE.sub("", by_hand).strip("\n")
    inside = [f"namespace {_NAMESPACE} {{", body]
    inside += [f"using namespace {own};" for own in dict.fromkeys(_OWN_NAMESPACE.findall(_COMMENT.sub("", by_hand)))]
    inside += ["}", *(line for name in names for line in _brought_in(name, _COMMENT.sub("", by_hand)))]
    head, tail = translation[: opening.start()], translation[opening.end() :]
    return f"{head}{includes}\n\n{opening.group()}\n" + "\n".join(inside) + tail


def _with_fields(name: str, translation: str, by_hand: str) -> str:
    """C++ by hand whose class of a name gives its attributes to the recorder as that of the translation does."""
    own = rf"^struct {name}(?:Impl)?\b[^\n]*\{{\n(?:(?!\}};)[^\n]*\n)*?( *{_FIELDS}[^\n]*)"
    fields = re.search(own, translation, re.MULTILINE)
    if fields is None:
        return by_hand
    head = rf"(\b(?:struct|class)\s+{name}(?:Impl)?\b[^;{{}}]*\{{)"
    return re.sub(head, lambda found: f"{found[1]} public: {fields[1].strip()}", by_hand, count=1)


def _python_names(source: str) -> Iterator[str]:
    with without_warnings():
        parsed = ast.parse(source)
    for node in parsed.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name


def _is_function(name: str, plain: str) -> bool:
    """Whether text defines a function: a type, its name, parameters, a body."""
    parameters = r"\((?:[^;{}()]|\([^()]*\)|\{[^{}]*\})*\)"
    returning = r"\s*(?:noexcept\s*)?(?:->\s*[^;{}()]+)?\{"
    function = rf"[\w>&*]\s+[&*]*{name}\s*{parameters}{returning}"
    lambda_ = rf"\bauto\s+{name}\s*=\s*\[[^\[\]]*\]\s*(?:{parameters})?{returning}"
    return re.search(rf"{function}|{lambda_}", plain) is not None


def _class_of(name: str, plain: str) -> str:
    """What text calls the class of a name: the name, or that of the module that it holds; empty without one."""
    found = re.search(rf"\b(?:struct|class)\s+({name}(?:Impl)?)\b[^;{{}}]*\{{", plain)
    return "" if found is None else found[1]


def _brought_in(name: str, plain: str) -> Iterator[str]:
    """The declarations that make a definition by hand that of the program."""
    class_ = _class_of(name, plain)
    if not class_ or (class_ == name and not re.search(rf"\b{name}\b[^{{]*\bModule\b", _head(name, plain))):
        yield f"using {_NAMESPACE}::{name};"
    elif class_ == name:
        yield f"using {name}Impl = {_NAMESPACE}::{name};"
        yield f"TORCH_MODULE({name});"
    else:
        yield f"using {_NAMESPACE}::{class_};"
        has_holder = re.search(rf"\bTORCH_MODULE\s*\(\s*{name}\s*\)", plain)
        yield f"using {_NAMESPACE}::{name};" if has_holder else f"TORCH_MODULE({name});"


def _head(name: str, plain: str) -> str:
    """A class from its name to its body."""
    found = re.search(rf"\b(?:struct|class)\s+{name}\b[^;{{}}]*\{{", plain)
    return "" if found is None else found.group()


def _without(name: str, translation: str) -> str:
    """The translation without its definitions of a name. What it defines begins and ends in a line's first column."""
    function = rf"^(?![ \t#/}}])[^\n=;]*\b{name}\([^\n]*\{{\n[\s\S]*?^\}}\n"
    class_ = rf"^struct {name}(?:Impl)?\b[^\n;]*\{{\n[\s\S]*?^\}};\n(?:TORCH_MODULE\({name}\);\n)?"
    declared = rf"^(?![ \t#/}}])[^\n=]*\b{name}(?:\([^\n]*\))?;\n"
    for pattern in (function, class_, declared):
        translation = re.sub(pattern, "", translation, flags=re.MULTILINE)
    return translation
