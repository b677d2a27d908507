"""The packed data on disk: pack, read, catalogue, audit, SQL."""
