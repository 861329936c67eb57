"""The command as a process of its own that need not import everything anew: a fork of one that has."""

import json
import os
import select
import subprocess
import sys
from pathlib import Path

__all__ = ["Commands"]

ROOT = Path(__file__).parents[2]
#: seconds after which a command hangs: a thousand times what it takes, for the busiest machine
HANGS = 600

#: reads a command a line, says the number of its process and then how it ended; the process goes on below the loop
SERVER = """
import json, os, runpy, sys
import pandas, skinfluence.cli.attribute, skinfluence.cli.trim
for order in iter(sys.stdin.readline, ""):
    order, pid = json.loads(order), os.fork()
    if pid == 0:
        break
    print(pid, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
else:
    sys.exit()
os.chdir(order["folder"])
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
for place, path in ((1, order["out"]), (2, order["err"])):
    if path is None:
        reader, writer = os.pipe()
        os.close(reader)
    else:
        writer = os.open(path, os.O_WRONLY | os.O_CREAT)
    os.dup2(writer, place)
    os.close(writer)
sys.argv = ["skinfluence", *order["line"]]
runpy.run_module("skinfluence", run_name="__main__", alter_sys=True)
"""


class Commands:
    """Starts commands one after the other.

    Parameters
    ----------
    folder : Path
        For what they write on standard error.
    """

    def __init__(self, folder):
        self.err = folder / "err"
        # also where the package is used from its source tree and the process runs elsewhere
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env=os.environ | {"PYTHONPATH": path},
        )

    def start(self, line, folder, out=os.devnull):
        """Start a command and return the number of its process.

        A standard output of None is a pipe that is closed at its other end.
        """
        self.err.write_text("")
        order = {"line": line, "folder": str(folder), "out": out, "err": str(self.err)}
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        return int(self.process.stdout.readline())

    def ends(self):
        """Whether the command has ended, without waiting for it."""
        return self._said(0)

    def ended(self):
        """Wait for the end: status, and what was written on standard error."""
        assert self._said(HANGS), f"the command has not ended; so far it wrote {self.err.read_text()!r}"
        return int(self.process.stdout.readline()), self.err.read_text()

    def _said(self, seconds):
        return bool(select.select([self.process.stdout], [], [], seconds)[0])

    def close(self):
        """End the process that the commands came from."""
        self.process.communicate()
