# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests share: run culprit, and hold what it does against what is expected.

A test script defines cases with @case and ends with main(). usage: NAME_test.py [BINARY [PATTERN]];
PATTERN picks cases by a part of their name. Each case prints a line, `ok   NAME` or `FAIL NAME`
with the reason below; the status is 1 when one failed.
"""
import contextlib
import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY_GIVEN = len(sys.argv) > 1 and not sys.argv[1].startswith("-")
CULPRIT = pathlib.Path(sys.argv[1] if BINARY_GIVEN else ROOT / "build/culprit").resolve()
WORKLOADS = CULPRIT.parent / "workloads"
NOBODY = 65534
WARNING = "culprit: warning: reading /proc only: "

CASES = []


class Wrong(Exception):
    """A case that did not hold; its text says what was expected and what came."""


def expect(condition, message):
    if not condition:
        raise Wrong(message)


def case(name):
    """Registers a function as a case; it fails by any exception."""

    def register(function):
        CASES.append((name, function))
        return function

    return register


class Done:
    """How a command ended; a signal's number is negative in `code`, as in subprocess."""

    def __init__(self, words, code, out, err):
        self.words, self.code, self.out, self.err = words, code, out, err

    def __str__(self):
        def shown(text):
            return "".join(f"\n    | {line}" for line in text.splitlines()[:12]) or " nothing"

        command = " ".join(["culprit", *self.words])
        return f"$ {command}\nstatus {self.code}\nstdout{shown(self.out)}\nstderr{shown(self.err)}"

    def expect(self, code=0, out=None, err=None):
        """`out` and `err` are patterns to be found; an `err` of "" wants silence."""
        expect(self.code == code, f"expected status {code}\n{self}")
        for name, text, pattern in (("stdout", self.out, out), ("stderr", self.err, err)):
            if pattern == "":
                expect(text == "", f"expected nothing on {name}\n{self}")
            elif pattern is not None:
                found = re.search(pattern, text, re.MULTILINE)
                expect(found, f"expected /{pattern}/ on {name}\n{self}")
        return self

    def refuses(self, code, pattern=""):
        """An error as users are to meet it: one line on stderr, nothing on stdout. That
        only /proc is read may be told before it."""
        self.expect(code=code, out="", err=pattern or None)
        lines = [line for line in self.err.splitlines() if not line.startswith(WARNING)]
        expect(len(lines) == 1, f"expected one line on stderr\n{self}")
        expect(lines[0].startswith("culprit: "), f"expected a line that begins with culprit:\n{self}")
        return self

    def json(self):
        try:
            return json.loads(self.out)
        except json.JSONDecodeError as error:
            raise Wrong(f"expected one JSON document: {error}\n{self}") from error


def run(*words, timeout=20, **options):
    """Runs culprit to its end."""
    words = [str(word) for word in words]
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL,
               **options}
    try:
        done = subprocess.run([CULPRIT, *words], timeout=timeout, check=False, **options)
    except subprocess.TimeoutExpired as late:
        raise Wrong(f"expected an end within {timeout} s\n"
                    f"{Done(words, 'none', _text(late.stdout), _text(late.stderr))}") from late
    return Done(words, done.returncode, _text(done.stdout), _text(done.stderr))


def _text(data):
    return (data or b"").decode(errors="replace")


def start(*words, **options):
    """Starts culprit; the caller ends it, see ended()."""
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL,
               **options}
    return subprocess.Popen([CULPRIT, *(str(word) for word in words)], **options)


def ended(process, timeout=20):
    """Waits for the end of a process of start()."""
    words = [str(word) for word in process.args[1:]]
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired as late:
        process.kill()
        out, err = process.communicate()
        raise Wrong(f"expected an end within {timeout} s\n"
                    f"{Done(words, 'none', _text(out), _text(err))}") from late
    return Done(words, process.returncode, _text(out), _text(err))


@contextlib.contextmanager
def workload(name, *words):
    """A program of tests/workloads, ready; it is ended with the block."""
    process = subprocess.Popen([WORKLOADS / name, *(str(word) for word in words)],
                               stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    try:
        expect(process.stdout.readline().startswith(b"ready "), f"{name} did not get ready")
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)


@contextlib.contextmanager
def scratch():
    """A directory of our own, which every user may enter; it goes with the block."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="culprit-e2e-"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path)


def until(condition, seconds, pause=0.02):
    """Waits for a condition; False when it did not come about in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True


def commands():
    """The subcommands, as culprit lists them."""
    return re.findall(r"^  (\w+)  ", run("--help").expect().out, re.MULTILINE)


def main():
    picked = sys.argv[2] if len(sys.argv) > 2 else ""
    failed = 0
    for name, function in CASES:
        if picked not in name:
            continue
        try:
            function()
            print(f"ok   {name}", flush=True)
            continue
        except Wrong as wrong:
            reason = str(wrong)
        except Exception:  # pylint: disable=broad-except
            reason = traceback.format_exc()
        failed += 1
        print(f"FAIL {name}")
        print("\n".join(f"     {line}" for line in reason.splitlines()), flush=True)
    sys.exit(1 if failed else 0)
