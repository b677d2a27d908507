"""One day in memory, as plain arrays: what a strategy sees."""
