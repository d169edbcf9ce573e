"""How a fork ends that is a program of its own: as Python ends one that is no fork."""

import atexit
import os
import sys
from collections.abc import Callable
from typing import NoReturn


def run_and_end(program: Callable[[], object]) -> NoReturn:
    """Run a program and end the process with its exit status; what went wrong is said on standard error."""
    status = 1
    try:
        program()
        status = 0
    except SystemExit as e:
        if isinstance(e.code, str):
            print(e.code, file=sys.stderr)
        else:
            status = e.code or 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
