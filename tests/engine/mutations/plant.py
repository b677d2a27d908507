"""Put another text of a module in the place of the one that runs, within this process.

With Numba switched off a kernel is a plain Python function: every module that imported it holds the same object, so
that changing its code changes it everywhere. A constant of a module is set anew wherever it was imported.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

PACKAGE = Path(__file__).resolve().parents[3] / "src" / "nfolab"
PLAIN = (bool, int, float, str, tuple, frozenset)


def module_of(path: Path) -> ModuleType:
    """The loaded module of a file of the package."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    module = sys.modules[".".join(parts[:-1] if parts[-1] == "__init__" else parts)]
    if Path(module.__file__) != path:
        raise ImportError(f"the tests import {module.__file__} and not {path}")
    return module


def plant(path: Path, text: str) -> int:
    """Let a loaded module run this text instead of its own; how many functions and constants changed.

    For a process that is thrown away afterwards: there is no way back.
    """
    module = module_of(path)
    other: dict[str, object] = {"__name__": module.__name__, "__file__": str(path), "__package__": module.__package__}
    exec(compile(text, str(path), "exec"), other)
    changed = 0
    theirs = dict(functions_of(other, module.__name__))
    for name, ours in functions_of(vars(module), module.__name__):
        new = theirs[name]
        if same_code(ours.__code__, new.__code__) and ours.__defaults__ == new.__defaults__:
            continue
        ours.__code__, ours.__defaults__, ours.__kwdefaults__ = new.__code__, new.__defaults__, new.__kwdefaults__
        changed += 1
    for name, new in other.items():
        old = vars(module).get(name)
        if isinstance(old, PLAIN) and not name.startswith("__") and (type(old), old) != (type(new), new):
            changed += 1
            for loaded in list(sys.modules.values()):
                if vars(loaded).get(name) is old:
                    setattr(loaded, name, new)
    return changed


def functions_of(names: dict[str, object], module: str) -> Iterator[tuple[str, FunctionType]]:
    """Functions and methods that a module defines itself, by their qualified names."""
    for one in list(names.values()):
        if isinstance(one, type) and one.__module__ == module:
            for inside in vars(one).values():
                plain = getattr(inside, "__func__", None) or getattr(inside, "fget", None) or inside
                if isinstance(plain, FunctionType) and plain.__module__ == module:
                    yield plain.__qualname__, plain
        else:
            plain = getattr(one, "__wrapped__", one)
            if isinstance(plain, FunctionType) and plain.__module__ == module:
                yield plain.__qualname__, plain


def same_code(one: CodeType, other: CodeType) -> bool:
    """Whether two codes do the same, wherever their lines stand."""
    if (one.co_code, one.co_names, one.co_varnames) != (other.co_code, other.co_names, other.co_varnames):
        return False
    if len(one.co_consts) != len(other.co_consts):
        return False
    return all(
        same_code(mine, its) if isinstance(mine, CodeType) else (type(mine), mine) == (type(its), its)
        for mine, its in zip(one.co_consts, other.co_consts, strict=True)
    )
