"""The command line: `impasto GROUP NAME INPUTS... -o OUT`, built from the methods' configs."""

import gc


def main() -> int:
    """Run the command line of this process; the way in for the `impasto` script. Returns the exit status."""
    gc.set_threshold(20_000)  # fewer searches for cycles: most are made while libraries load, and find none
    from impasto.cli.app import run

    try:
        return run()
    finally:
        gc.freeze()  # the interpreter's last search would take half a second once torch is loaded
