"""The strike whose premium balances that of another leg."""

from fractions import Fraction

from nfolab.strategies.pickers.chain import AskedLeg, Chain, Choice, Kind, NoStrikeError, Refusal, in_rupees

_OTHER: dict[Kind, Kind] = {"CE": "PE", "PE": "CE"}


class Balances:
    """The strike at which |own premium − the other's| ÷ their sum is least; it never passes the other's strike.

    The other leg is of the other kind; its strike stands in `AskedLeg.earlier`. A premium is the mid of a usable quote.
    """

    needs_money = False

    def choose(self, chain: Chain, leg: AskedLeg) -> Choice:
        """Return the strike for a leg.

        Raises:
            NoStrikeError: no strike serves.
        """
        (beside,) = leg.earlier
        other = _OTHER[leg.kind]
        premium = chain.quote((other, beside))
        if isinstance(premium, str):
            raise NoStrikeError(f"the {other} {beside} to balance has {premium}")
        wanted = premium.doubled_mid
        best: tuple[Fraction, int] | None = None
        refused = []
        for strike in chain.strikes(leg.kind):
            if (strike < beside) if leg.kind == "CE" else (strike > beside):
                continue
            quote = chain.quote((leg.kind, strike))
            if isinstance(quote, str):
                refused.append(Refusal(strike, quote))
                continue
            apart = Fraction(abs(quote.doubled_mid - wanted), quote.doubled_mid + wanted)
            if best is None or apart < best[0]:
                best = apart, strike
        if best is None:
            raise NoStrikeError(f"no {leg.kind} up to the other leg's strike {beside} has a price", tuple(refused))
        strike = best[1]
        found = chain.quote((leg.kind, strike))
        shown = "" if isinstance(found, str) else f", {in_rupees(found.doubled_mid)},"
        why = f"{strike} is the {leg.kind} whose premium{shown} comes nearest to {in_rupees(wanted)} of the {other}"
        return Choice(strike, why, tuple(refused))
