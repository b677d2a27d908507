"""Inputs of option functions as plain arrays of one shape."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nfolab.base.errors import InputError

OptionKind = Literal["CE", "PE"]
Float64Array = NDArray[np.float64]
Int8Array = NDArray[np.int8]
BoolArray = NDArray[np.bool_]


def is_call(kind: OptionKind | ArrayLike) -> BoolArray:
    """Return which kinds, `CE` or `PE` or an array of them, are calls.

    Raises:
        InputError: a kind is neither.
    """
    kinds = np.asarray(kind)
    calls = np.asarray(kinds == "CE", dtype=np.bool_)
    wrong = ~calls & np.asarray(kinds != "PE", dtype=np.bool_)
    if wrong.any():
        raise InputError(f"{str(kinds[wrong].flat[0])!r} is no kind of option: give CE or PE")
    return calls


def flat_arrays(
    kind: OptionKind | ArrayLike, *numbers: ArrayLike
) -> tuple[tuple[int, ...], BoolArray, list[Float64Array]]:
    """Broadcast kind and numbers; return their shape, and each as a flat, contiguous array.

    Raises:
        InputError: their shapes do not fit, or a kind is neither CE nor PE.
    """
    try:
        calls, *arrays = np.broadcast_arrays(is_call(kind), *(np.asarray(one, dtype=np.float64) for one in numbers))
    except ValueError:
        shapes = ", ".join(str(np.shape(one)) for one in numbers)
        raise InputError(f"arrays of the shapes {shapes} do not fit together: give one number an option") from None
    # A broadcast view is read-only or strided, and each such form would compile every kernel again.
    flat = [np.require(one.reshape(-1), np.float64, ["C", "W"]) for one in arrays]
    return calls.shape, np.require(calls.reshape(-1), np.bool_, ["C", "W"]), flat
