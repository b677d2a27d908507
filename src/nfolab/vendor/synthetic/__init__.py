"""The synthetic market: raw files as the vendor writes them, marked synthetic, for the demo and for proofs."""

from nfolab.vendor.synthetic.write import Written, write_market

__all__ = ["Written", "write_market"]
