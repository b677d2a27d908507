"""What every room stands on: errors, units and money, atomic files, progress, the schema of a snapshot."""
