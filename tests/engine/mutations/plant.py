"""Put another text of a module in the place of the one that runs, within this process.

With Numba switched off a kernel is a plain Python function: every module that imported it holds the same object, so
that changing its code changes it everywhere. A constant of a module is set anew wherever it was imported.
"""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

PACKAGE = Path(__file__).resolve().parents[3] / "src" / "nfolab"
PLAIN = (bool, int, float, str, tuple, frozenset)


def module_of(path: Path) -> ModuleType:
    """The module of a file of the package, which the tests import too."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    module = importlib.import_module(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    if Path(module.__file__) != path:
        raise ImportError(f"the tests import {module.__file__} and not {path}")
    return module


def plant(path: Path, text: str) -> int:
    """Let a loaded module run this text instead of its own; how many functions, else constants, changed.

    For a process that is thrown away afterwards: there is no way back.
    """
    module = module_of(path)
    whole = compile(text, str(path), "exec")
    codes = {code.co_qualname: code for code in codes_in(whole)}
    changed = 0
    for name, ours in functions_of(vars(module), module.__name__):
        if name in codes and not same_code(ours.__code__, codes[name]):
            ours.__code__ = codes[name]
            changed += 1
    if changed:
        return changed
    other: dict[str, object] = {"__name__": module.__name__, "__file__": str(path), "__package__": module.__package__}
    exec(whole, other)
    for name, new in other.items():
        old = vars(module).get(name)
        if isinstance(old, PLAIN) and not name.startswith("__") and (type(old), old) != (type(new), new):
            changed += 1
            for loaded in list(sys.modules.values()):
                if vars(loaded).get(name) is old:
                    setattr(loaded, name, new)
    return changed


def codes_in(code: CodeType) -> Iterator[CodeType]:
    """Every function's code within a module's, those of classes and of functions within functions too."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from codes_in(constant)


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
