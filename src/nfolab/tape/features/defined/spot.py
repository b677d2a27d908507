"""The index beside an option: the same measures, always taken of the index."""

from nfolab.tape.features.day import Given
from nfolab.tape.features.definition import LAST, SPOT_ONLY, Call, Unit, Values, Window, feature


def _whole_window(window: Window) -> int:
    return window.count


@feature(
    unit=Unit.PAISE,
    subjects=SPOT_ONLY,
    look_back=lambda: 2,
    formula="value of the index as of t, at most 2 s old",
    source="docs/features.md, the index",
    examples=("spot",),
)
def spot(given: Given, out: Values) -> None:
    """The index."""
    out[:] = given(LAST)


@feature(
    unit=Unit.PAISE,
    subjects=SPOT_ONLY,
    warm_up=_whole_window,
    look_back=lambda window: window.count + 2,
    formula="spot[t] - spot[t - window]",
    source="strategy catalogue; market-truth definitions",
    examples=("spot_change(3s)",),
)
def spot_change(given: Given, out: Values, window: Window) -> None:
    """Points the index moved over a window."""
    out[:] = given(Call("change", (window, LAST)))


@feature(
    unit=Unit.PERCENT,
    subjects=SPOT_ONLY,
    warm_up=_whole_window,
    look_back=lambda window: window.count + 2,
    formula="spot[t] / spot[t - window] - 1",
    source="strategy catalogue, shared indicators: spot returns",
    examples=("spot_return(1s)", "spot_return(30s)"),
)
def spot_return(given: Given, out: Values, window: Window) -> None:
    """Return of the index over a window."""
    out[:] = given(Call("rate_of_change", (window, LAST)))
