"""The recipe language and the library of recipes."""
