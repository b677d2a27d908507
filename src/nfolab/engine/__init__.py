"""Orders, fills, exits and events: one program walked over one tape."""
