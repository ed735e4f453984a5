"""The command line: `impasto GROUP NAME INPUTS... -o OUT`, built from the methods' configs."""

import gc
import os
import signal
import sys

TYPE_CHECKING = False  # see impasto/__init__.py: until `main` begins, Ctrl-C is a traceback
if TYPE_CHECKING:
    from types import FrameType


def main() -> int:
    """Run the command line of this process; the way in for the `impasto` script. Returns the exit status."""
    signal.signal(signal.SIGINT, _stop)
    gc.set_threshold(20_000)  # fewer searches for cycles: most are made while libraries load, and find none
    try:
        from impasto.cli.streams import settle_streams

        settle_streams()
        from impasto.cli.app import run

        return run()
    except KeyboardInterrupt:  # between two lines here
        print("impasto: stopped", file=sys.stderr)
        return 128 + signal.SIGINT
    finally:
        gc.freeze()  # the interpreter's last search would take half a second once torch is loaded


def _stop(number: int, frame: "FrameType | None") -> None:
    """Handle Ctrl-C outside of a run: while modules load, which make any error of it, the process ends at once."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            try:
                os.write(2, b"impasto: stopped\n")
            finally:
                os._exit(128 + number)
        frame = frame.f_back
    raise KeyboardInterrupt
