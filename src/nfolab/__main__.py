"""`python -m nfolab` is the command `nfolab`."""

from nfolab.cli import main

main()
