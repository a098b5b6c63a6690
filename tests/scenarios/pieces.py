# SPDX-License-Identifier: Apache-2.0
"""What situations are made of. Each kind is a context manager: what it gives has what is known of
it, `port` and `address` of a server for instance; it is gone when the block ends."""
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess

import servers
from harness import WORKLOADS, expect, until
from servers import PYTHON, as_user, call, directory_of_user, program

AS_ROOT = {"stdin": subprocess.DEVNULL}
PROGRAMS = pathlib.Path(__file__).resolve().parent / "programs"
KINDS = {"mariadb": servers.mariadb, "redis": servers.redis, "memcached": servers.memcached,
         "nginx": servers.nginx, "uvicorn": servers.uvicorn}


def kind(function):
    """Registers a kind of piece by the function's name."""
    KINDS[function.__name__] = contextlib.contextmanager(function)
    return function


class Running:
    def __init__(self, process, port=None):
        self.pid, self.port = process.pid, port
        self.address = port and f"127.0.0.1:{port}"


@contextlib.contextmanager
def running(words, directory, user=True, ready=True, **options):
    """A process to the end of the block, and what it starts. One that gets `ready` says so in its
    first line of output, "ready", "ready PORT", or its port."""
    log = directory / "log"
    options = {**(as_user(directory) if user else AS_ROOT | {"cwd": directory}), **options,
               "process_group": 0}  # no session of its own: among sessions nice values do not count
    with open(log, "ab") as errors:
        process = subprocess.Popen([str(word) for word in words], stderr=errors,
                                   stdout=subprocess.PIPE if ready else errors, **options)
    try:
        said = process.stdout.readline().decode() if ready else "ready"
        expect(re.match(r"ready\b|\d+$", said),
               f"{words} did not get ready:\n{log.read_text()[-2000:]}")
        port = re.match(r"(?:ready )?(\d+)$", said)
        port = port and int(port[1])
        yield Running(process, port)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            pass
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream:
                stream.close()


@kind
def workload(program, words=""):  # pylint: disable=redefined-outer-name
    """A program of tests/workloads."""
    with directory_of_user() as directory, \
            running([WORKLOADS / program, *words.split()], directory, user=False) as one:
        yield one


@kind
def script(file, words=(), cpu=None, descriptors=None, open_input=False, user=True):
    """A Python program of programs/ or tests/e2e/apps; on one CPU, with so many descriptors, with
    an input that does not end, as an ordinary user or as root."""
    found = PROGRAMS / file if (PROGRAMS / file).exists() else servers.APPS / file
    limits = ["prlimit", f"--nofile={descriptors}:{descriptors}"] if descriptors else []
    place = ["taskset", "-c", str(cpu)] if cpu is not None else []
    with directory_of_user() as directory:
        (directory / found.name).write_text(found.read_text())
        words = [*limits, *place, PYTHON, found.name, *words]
        options = {"stdin": subprocess.PIPE} if open_input else {}
        with running(words, directory, user=user, **options) as one:
            yield one


@kind
def web(**words):
    """programs/web.py: routes = {"/page" = {cpu_ms = 2}}, workers, backlog, cpu."""
    yield from python_words("web.py", words)


@kind
def ask(**words):
    """programs/ask.py: port, paths, rate, connections, keep, cpu, …"""
    yield from python_words("ask.py", words)


@kind
def sql(**words):
    """programs/sql.py, clients of PostgreSQL: port, statements, rate, connections, …"""
    yield from python_words("sql.py", words)


@kind
def cache(**words):
    """programs/cache.py, clients of Redis: port, commands, rate, connections."""
    yield from python_words("cache.py", words)


def python_words(file, words):
    """A program that takes its words as JSON."""
    cpu = words.pop("cpu", None)
    with KINDS["script"](file, [json.dumps(words)], cpu=cpu) as one:
        yield one


@kind
def command(words=(), cpu=None, nice=0, idle_io=False, shell=None, arguments=()):
    """Any program, or a line of sh, with $0 and so on; it works in a directory of its own."""
    words = ["/bin/sh", "-c", shell, *arguments] if shell else words
    words = [program(words[0]), *words[1:]]
    place = ["taskset", "-c", str(cpu)] if cpu is not None else []
    idle = ["ionice", "-c", "idle"] if idle_io else []
    low = ["nice", "-n", str(nice)] if nice else []
    with directory_of_user() as directory:
        with running([*place, *idle, *low, *words], directory, ready=False) as one:
            yield one


@kind
def sysctl(key, value):
    """A setting of the kernel, while the block lasts."""
    path = pathlib.Path("/proc/sys") / key
    before = path.read_text()
    path.write_text(value)
    try:
        yield None
    finally:
        path.write_text(before)


@kind
def swap(megabytes):
    """Swap space, in a file."""
    with directory_of_user() as directory:
        file = directory / "swap"
        call(["dd", "if=/dev/zero", f"of={file}", "bs=1M", f"count={megabytes}", "status=none"])
        file.chmod(0o600)
        call(["mkswap", file])
        call(["swapon", file])
        try:
            yield None
        finally:
            call(["swapoff", file])


@kind
def free_port():
    """A port at which nobody is."""
    yield Somewhere(servers.free_port())


class Somewhere:
    def __init__(self, port):
        self.port = port


@kind
def freeze(of):
    """Another piece's process stops where it is, until the end."""
    os.kill(of.pid, signal.SIGSTOP)
    try:
        yield None
    finally:
        os.kill(of.pid, signal.SIGCONT)


@kind
def postgresql(statements=(), scale=1, settings=None):
    """With the tables of pgbench, and what `statements` make."""
    with servers.postgresql(settings=settings) as server:
        if scale > 1:
            server.pgbench("-i", "-q", "-s", str(scale))
        if statements:
            server.psql(*statements)
        yield server


@kind
def pgbench(server, words):
    """A client of a PostgreSQL, until the end."""
    words = [*server.words("pgbench"), "-n", *words.split(), "-T", "600", "postgres"]
    with directory_of_user() as directory, running(words, directory, ready=False) as one:
        yield one


@kind
def sysbench(server, words):
    """A client of a MariaDB, until the end."""
    server.sysbench("prepare")
    words = [program("sysbench"), "oltp_read_only", "--mysql-host=127.0.0.1",
             f"--mysql-port={server.port}", "--mysql-user=tester", "--mysql-db=test", "--tables=1",
             "--table-size=1000", "--time=600", *words.split(), "run"]
    with directory_of_user() as directory, running(words, directory, ready=False) as one:
        yield one


@kind
def mariadb_client(server, prepare, statement):
    """Says a statement again and again over one connection."""
    server.client(prepare)
    words = ["--protocol=tcp", "-h", "127.0.0.1", "-P", str(server.port), "-u", "tester", "-N", "-B"]
    line = (f"while :; do echo \"{statement};\"; sleep 0.3; done | "
            f"exec {program('mariadb')} {' '.join(words)} test")
    with KINDS["command"](shell=line) as one:
        yield one


@kind
def filesystem(megabytes, fill_megabytes=0):
    """An ext4 of that size, mounted; gives its directory as `mount`."""
    with directory_of_user() as directory:
        image, mount = directory / "image", directory / "mount"
        mount.mkdir()
        image.touch()
        os.truncate(image, megabytes << 20)
        call(["mkfs.ext4", "-q", "-m", "0", image])
        call(["mount", "-o", "loop", image, mount])
        try:
            os.chmod(mount, 0o777)
            if fill_megabytes:
                call(["dd", "if=/dev/zero", f"of={mount}/old", "bs=1M", f"count={fill_megabytes}"])
            yield Mounted(mount)
        finally:
            expect(until(lambda: subprocess.call(["umount", mount]) == 0, 10, 0.2),
                   f"expected to unmount {mount}")


class Mounted:
    def __init__(self, mount):
        self.mount = str(mount)
        self.address = str(mount)
