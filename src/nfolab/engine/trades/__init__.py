"""One way from fills to trades, whatever log they come from: ends, the band, charges, a trade's life, flags."""
