# SPDX-License-Identifier: Apache-2.0
"""A daemon that may act by itself, with a journal of its own, of which nothing is left."""
import contextlib
import json
import subprocess

from harness import ended, expect, run, scratch, start, until


class Acting:
    """What such a daemon says of what it did, and of what it did not."""

    def __init__(self, directory):
        self.state, self.log = directory / "state", directory / "log"

    def actions(self):
        told = run("actions", "--state", self.state, "--format", "json").expect()
        return told.json()["actions"]

    def refusals(self):
        lines = self.log.read_text(errors="replace").splitlines()
        return [line.partition("vetoed: ")[2] for line in lines if "vetoed: " in line]


@contextlib.contextmanager
def acting_daemon(**settings):
    """In mode auto, as long as the block takes; `settings` are more of its configuration."""
    with scratch() as directory:
        one, config = Acting(directory), directory / "culprit.json"
        config.write_text(json.dumps({
            "socket": {"path": f"{directory}/socket"}, "history": {"path": f"{directory}/history.db"},
            "act": {"mode": "auto", "state": str(one.state), "lease": "60s",
                    "schedule": f"{directory}/schedule.json"}, **settings}))
        with open(one.log, "wb") as log:
            process = start("daemon", "--config", config, stdout=subprocess.DEVNULL, stderr=log)
        try:
            expect(until(lambda: (directory / "socket").exists(), 15), "culprit daemon did not start")
            yield one
        finally:
            process.terminate()
            ended(process)
            run("revert", "--all", "--state", one.state)
