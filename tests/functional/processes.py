"""The processes of one centre, whatever else runs on the machine."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import psutil


@dataclass
class Processes:
    """Those of the centre in ``home``, and those that the test itself starts: nobody else's.

    Each is judged once, when it is first seen: whoever comes from one of ours is ours.
    """

    home: Path
    _ours: dict[psutil.Process, bool] = field(default_factory=dict)

    def now(self) -> list[psutil.Process]:
        """Return those that run just now."""
        found = []
        pids = {os.getpid()}
        for process in psutil.process_iter():
            if process not in self._ours:
                self._ours[process] = self._is_ours(process, pids)
            if self._ours[process]:
                pids.add(process.pid)
                found.append(process)
        return found

    def _is_ours(self, process: psutil.Process, pids: set[int]) -> bool:
        try:
            return process.ppid() in pids or process.environ().get("CHITTYOPS_HOME") == str(self.home)
        except psutil.Error:
            return False
