"""The language of conditions over features: docs/conditions.md."""
