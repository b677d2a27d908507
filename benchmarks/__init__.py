"""Speed, measured against a limit taken in the same run: `python -m benchmarks [--only GROUP]`."""
