"""Compiled functions: one decorator for every kernel, and one cache folder for each state of the sources.

Numba's own cache notices a change only in the file of the kernel itself: a changed helper or constant in another
file would give a stale result. So the cache folder is named by a hash of every source file that can reach a
kernel, and of Numba's version.
"""

import hashlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core import config, types

_PACKAGE = Path(__file__).resolve().parent.parent
_ROOMS_WITH_KERNELS = ("base", "options", "vendor", "tape", "engine")

Function = TypeVar("Function", bound=Callable[..., object])


def sources_hash() -> str:
    """Return 16 hex digits that change with any source file of the rooms that hold kernels, or with Numba."""
    digest = hashlib.sha256(f"numba {numba.__version__} python {sys.version_info[:2]}".encode())
    for room in _ROOMS_WITH_KERNELS:
        for path in sorted((_PACKAGE / room).rglob("*.py")):
            digest.update(str(path.relative_to(_PACKAGE)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def cache_folder() -> Path:
    """Return the folder of compiled kernels: below NFOLAB_CACHE, else the user's cache folder of this system."""
    named = os.environ.get("NFOLAB_CACHE")
    if named:
        base = Path(named)
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches" / "nfolab"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nfolab"
    return base / "kernels" / sources_hash()


def is_compiled(kernel: str) -> bool:
    """Tell whether a kernel, by its function's name, was compiled before on this machine, from these sources."""
    return any(cache_folder().rglob(f"*.{kernel}-*.nbi"))


@contextmanager
def cache_of(source: bytes) -> Iterator[None]:
    """Let what is compiled in this context be cached by the contents of a file: a user's own, outside the package.

    An edited file is compiled anew, an unedited one is not, wherever it lies.
    """
    settings = vars(config)
    kept = settings["CACHE_DIR"]
    settings["CACHE_DIR"] = str(cache_folder() / "strategies" / hashlib.sha256(source).hexdigest()[:16])
    try:
        yield
    finally:
        settings["CACHE_DIR"] = kept


os.environ["NUMBA_CACHE_DIR"] = str(cache_folder())
config.reload_config()


def compiled(function: Function) -> Function:
    """Compile a function of plain arrays and numbers when first called; cached on disk, runs without the GIL."""
    return cast("Function", numba.njit(cache=True, nogil=True)(function))


_LEAN: dict[str, Any] = {"cache": True, "nogil": True, "_nrt": False}
_INNER: dict[str, Any] = {**_LEAN, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def lean(function: Function) -> Function:
    """Compile as `compiled` does, without Numba's counting of references: for helpers that allocate nothing.

    A helper that takes a tuple of many arrays counts a reference up and down for each of them at every call, which
    costs more than its work. `_nrt` is a private option of Numba: a test looks at what is compiled.

    It is compiled once for all whole numbers, as 64 bits: by itself Numba compiles a function that another one calls
    anew for every constant and every width that it is given.
    """
    return cast("Function", _of_one_width(numba.njit(**_LEAN)(function)))


def inner(function: Function) -> Function:
    """Compile as `lean` does, for functions that only compiled ones call: Python cannot.

    Each way in from Python unpacks every array of every argument, and takes as long to compile as the function itself.
    """
    return cast("Function", _of_one_width(numba.njit(**_INNER)(function)))


def _of_one_width(made: Any) -> Any:
    if not getattr(config, "DISABLE_JIT"):  # noqa: B009 - Numba sets its settings when it reads them
        compile_for = made.compile
        made.compile = lambda signature: compile_for(_widened(signature))
    return made


def _widened(signature: object) -> object:
    """Return the types of a call's arguments with every whole number, constant or not, as 64 bits."""
    if not isinstance(signature, tuple):
        return signature
    return tuple(types.int64 if isinstance(types.unliteral(one), types.Integer) else one for one in signature)
