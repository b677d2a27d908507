"""What the exchange fixes, by date: sessions, expiries, contract names, lots, charges."""
