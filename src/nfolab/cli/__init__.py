"""The command line: parses, calls, prints. Every command imports what it needs when it runs."""


def main() -> None:
    """Run the command `nfolab`."""
    from nfolab.cli.app import run

    run()
