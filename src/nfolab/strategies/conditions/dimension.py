"""What a value is measured in, so that points are never held against percent."""

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, slots=True)
class Dimension:
    """Exponents of the measures a value is made of; all zero for a plain number.

    Values are held in paise, units, seconds, days, shares (1 % is 0.01), logarithms, and seconds since midnight.
    """

    paise: int = 0
    units: int = 0
    seconds: int = 0
    days: int = 0
    share: int = 0
    log: int = 0
    clock: int = 0

    @property
    def is_number(self) -> bool:
        """Whether it is a plain number."""
        return self == NUMBER

    def times(self, other: "Dimension") -> "Dimension":
        """Return the dimension of a product: a share of something is in the unit of that something."""
        product = self._combined(other, 1)
        rest = replace(product, share=0)
        if rest.is_number:
            return replace(product, share=min(1, product.share))
        return replace(product, share=min(0, product.share))

    def over(self, other: "Dimension") -> "Dimension":
        """Return the dimension of a quotient."""
        return self._combined(other, -1)

    def _combined(self, other: "Dimension", sign: int) -> "Dimension":
        return Dimension(*(getattr(self, one.name) + sign * getattr(other, one.name) for one in fields(self)))

    def __str__(self) -> str:
        if self.is_number:
            return "a plain number"
        above = [_NAMES[one.name] for one in fields(self) for _ in range(getattr(self, one.name))]
        below = [_ONE[one.name] for one in fields(self) for _ in range(-getattr(self, one.name))]
        return " per ".join([" times ".join(above) or "a number", *below])


_NAMES = {
    "paise": "points",
    "units": "units",
    "seconds": "seconds",
    "days": "days",
    "share": "percent",
    "log": "logarithms",
    "clock": "time of day",
}

_ONE = _NAMES | {"paise": "point", "units": "unit", "seconds": "second", "days": "day", "log": "logarithm"}

NUMBER = Dimension()
POINTS = Dimension(paise=1)
UNITS = Dimension(units=1)
SECONDS = Dimension(seconds=1)
DAYS = Dimension(days=1)
SHARE = Dimension(share=1)
CLOCK = Dimension(clock=1)
