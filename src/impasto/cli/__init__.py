"""The command line: `impasto GROUP NAME INPUTS... -o OUT`, built from the methods' configs."""


def main() -> int:
    """Run the command line of this process; the way in for the `impasto` script. Returns the exit status."""
    from impasto.cli.app import run

    return run()
