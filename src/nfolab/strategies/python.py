"""A Python strategy: one file with a docstring, a frozen dataclass `Params` and a compiled function `run`.

The file may also hold `contracts(listing, p)` (all of the nearest expiry without it), `FEATURES` and `SPOT_FEATURES`
(names of features that the tape shall carry), `SIDE` (buy, sell or mixed), `GRID` (values worth trying), `TAGS`
(words for the tags and notes in its log) and `HEADER` (what a recipe's header says). docs/python-strategies.md is the
guide.
"""

import dataclasses
import hashlib
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

import numba

from nfolab.base.compiled import cache_of
from nfolab.base.errors import InputError, did_you_mean
from nfolab.base.units import Clock, Lots, Percent, Points, Quantity, Rows, Rupees, Seconds
from nfolab.engine.desk.tables import Desk
from nfolab.engine.desk.tape import StrategyTape
from nfolab.strategies.needs import hold_needs, needs_of_python
from nfolab.strategies.parameters import Parameter
from nfolab.strategies.python_settings import DESK_SETTINGS, DeskSettings

if TYPE_CHECKING:
    from nfolab.strategies.schema import Header

_SIDES = ("buy", "sell", "mixed")
_UNITS = get_args(Quantity)


@dataclass(frozen=True, slots=True)
class PythonVariant:
    """A Python strategy with a value for every parameter; `params` holds them as written, in the file's order.

    It travels to other processes: they read the file again, and refuse it if it is no longer the same.
    """

    strategy: str
    number: int
    params: dict[str, str]
    path: Path
    source: str
    settings: DeskSettings


@dataclass(frozen=True)
class PythonStrategy:
    """A Python strategy as it stands in its file, with the file's checks done.

    Attributes:
        id: the file's stem.
        where: the file's name, for messages.
        title: the first line of its docstring; `text` the whole of it.
        params: its own parameters by name, then the settings that every Python strategy has.
        kinds: the unit of each of its own parameters.
        features: names of features of each contract, and of the index, that its tape carries.
        tags: words for tags and notes.
        asks_for_index: whether its file names the index: near_the_money, tape.spot or SPOT_FEATURES.
        source: SHA-256 of the file.
    """

    id: str
    path: Path
    title: str
    text: str
    side: str
    params: dict[str, Parameter]
    kinds: dict[str, type]
    features: tuple[str, ...]
    spot_features: tuple[str, ...]
    tags: dict[int, str]
    asks_for_index: bool
    source: str
    module: ModuleType
    run: Callable[[StrategyTape, Desk, Any], None]

    @property
    def where(self) -> str:
        """The file's name, for messages."""
        return self.path.name

    @cached_property
    def header(self) -> "Header":
        """What it says of itself: its `HEADER`, with title and side; raise InputError for a word that none knows."""
        from nfolab.strategies.recipe_file import checked  # what checks a header is slow to import
        from nfolab.strategies.schema import Header

        told = getattr(self.module, "HEADER", {})
        if not isinstance(told, dict):
            raise InputError(f'{self.where}: HEADER is no dictionary: write it as {{"family": "scalp_flow"}}')
        return checked(Header, {"title": self.title, "side": self.side, **told}, f"{self.where}: HEADER")

    def check_header(self) -> None:
        """Raise InputError where the needs that its header names lack one that its file shows."""
        told = self.header.needs
        if told is not None:
            hold_needs(self.where, told, needs_of_python(self), all_follow=False)

    @property
    def places(self) -> dict[str, str]:
        """What names this strategy in a plan: its source."""
        return {"source": self.source}

    def values(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return the value of every parameter as written: those given, else the defaults.

        Raises:
            InputError: a name that the strategy does not know, with the nearest it does.
        """
        for name in given:
            if name not in self.params:
                raise InputError(f"{self.id} has no parameter {name!r}{did_you_mean(name, self.params)}")
        return {name: given.get(name, parameter.default) for name, parameter in self.params.items()}

    def variant(self, given: Mapping[str, str], number: int) -> PythonVariant:
        """Return the strategy with these parameters; raise InputError for an unknown name or an unreadable value."""
        values = self.values(given)
        self.read(values)
        settings = DeskSettings.read(values, self.id)
        return PythonVariant(self.id, number, values, self.path, self.source, settings)

    def read(self, values: Mapping[str, str]) -> Any:
        """Return the strategy's `Params` of these texts."""
        found = {}
        for name, kind in self.kinds.items():
            try:
                found[name] = kind.parse(values[name])  # type: ignore[attr-defined]
            except InputError as mistake:
                raise InputError(f"{self.id}: parameter {name}: {mistake}") from None
        return self.module.Params(**found)

    def numbers(self, params: Any, opening: Clock) -> Any:
        """Return `Params` as the plain numbers that `run` gets: paise, seconds, millionths; clocks since the open."""
        plain = {name: _plain(getattr(params, name), opening) for name in self.kinds}
        return self.module.Numbers(**plain)


def _plain(value: Quantity, opening: Clock) -> int:
    match value:
        case Rupees(paise) | Points(paise):
            return paise
        case Percent(millionths):
            return millionths
        case Clock(second_of_day):
            return second_of_day - opening.second_of_day
        case Seconds(count) | Lots(count) | Rows(count):
            return count


def load_python(path: Path) -> PythonStrategy:
    """Read and check a Python strategy; nothing is compiled yet.

    Raises:
        InputError: the file is missing, fails when it is read, or lacks what a strategy needs.
    """
    try:
        source = path.read_bytes()
    except OSError as fault:
        raise InputError(f"cannot read the strategy {path}: {fault.strerror}") from None
    digest = hashlib.sha256(source).hexdigest()
    with cache_of(source):
        module = _module(path, source, digest)
        function = getattr(module, "run", None)
        if not callable(function):
            raise InputError(f"{path.name} has no function run(tape, desk, p): a Python strategy needs one")
        plain = getattr(function, "py_func", function)
        run = numba.njit(cache=True, nogil=True)(plain)
    if plain.__code__.co_argcount != 3:
        raise InputError(
            f"{path.name}: run takes {plain.__code__.co_argcount} arguments: it must be run(tape, desk, p)"
        )
    text = (module.__doc__ or "").strip()
    if not text:
        raise InputError(f"{path.name} has no docstring: its first lines must tell rules, source and assumptions")
    side = getattr(module, "SIDE", "mixed")
    if side not in _SIDES:
        raise InputError(f"{path.name}: SIDE is {side!r}: write buy, sell or mixed")
    params, kinds = _parameters(path, module)
    numbers = NamedTuple("Numbers", [(name, int) for name in kinds])  # type: ignore[misc]
    numbers.__module__ = module.__name__
    module.Numbers = numbers  # type: ignore[attr-defined]
    return PythonStrategy(
        id=path.stem,
        path=path.resolve(),
        title=text.splitlines()[0].rstrip("."),
        text=text,
        side=side,
        params=params,
        kinds=kinds,
        features=tuple(getattr(module, "FEATURES", ())),
        spot_features=tuple(getattr(module, "SPOT_FEATURES", ())),
        tags=dict(getattr(module, "TAGS", {})),
        asks_for_index=any(word in source for word in (b"near_the_money", b"tape.spot", b"SPOT_FEATURES")),
        source=digest,
        module=module,
        run=run,
    )


def load_same(variant: PythonVariant) -> PythonStrategy:
    """Read a variant's file again; raise InputError if it is no longer the one that was planned."""
    strategy = load_python(variant.path)
    if strategy.source != variant.source:
        raise InputError(f"{variant.path.name} was edited while it ran: run it again")
    return strategy


def _module(path: Path, source: bytes, digest: str) -> ModuleType:
    """Return the file's module, made once in this process for each state of the file."""
    name = f"nfolab_strategy_{digest[:16]}"
    known = sys.modules.get(name)
    if known is not None and getattr(known, "__file__", None) == str(path):
        return known
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module
    try:
        exec(compile(source, str(path), "exec"), module.__dict__)  # noqa: S102 - it is the user's own strategy
    except Exception as fault:  # noqa: BLE001 - a user's file may raise anything
        del sys.modules[name]
        where = f"line {fault.lineno}: " if isinstance(fault, SyntaxError) else ""
        said = fault.msg if isinstance(fault, SyntaxError) else f"{type(fault).__name__}: {fault}"
        raise InputError(f"{path.name} fails when it is read: {where}{said}") from None
    return module


def _parameters(path: Path, module: ModuleType) -> tuple[dict[str, Parameter], dict[str, type]]:
    declared = getattr(module, "Params", None)
    if not (dataclasses.is_dataclass(declared) and isinstance(declared, type)):
        raise InputError(
            f"{path.name} has no dataclass Params: a Python strategy needs one, with a unit to each default"
        )
    if not declared.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        raise InputError(f"{path.name}: Params is not frozen: write @dataclass(frozen=True)")
    grids = getattr(module, "GRID", {})
    params, kinds = {}, {}
    for field in dataclasses.fields(declared):
        if not isinstance(field.default, _UNITS):
            known = ", ".join(unit.__name__ for unit in _UNITS)
            raise InputError(f"{path.name}: the parameter {field.name} has no default with a unit: give one of {known}")
        if field.name in DESK_SETTINGS:
            raise InputError(
                f"{path.name}: {field.name} is a setting that every strategy has: name the parameter otherwise"
            )
        params[field.name] = Parameter(str(field.default), tuple(map(str, grids.get(field.name, ()))))
        kinds[field.name] = type(field.default)
    for name in grids:
        if name not in params:
            raise InputError(f"{path.name}: GRID names {name!r}, which is no parameter{did_you_mean(name, params)}")
    for name, default in DESK_SETTINGS.items():
        params[name] = Parameter(default, ())
    return params, kinds
