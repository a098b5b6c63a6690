# SPDX-License-Identifier: Apache-2.0
"""Real servers on loopback, as an ordinary user: each is ready when its block begins and gone
when it ends. What each knows of its own work, the oracles, are its methods.
"""
import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import typing

from harness import NOBODY, expect, scratch, until

APPS = pathlib.Path(__file__).resolve().parent / "apps"
PYTHON = "/usr/bin/python3"
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
# Where Debian has its packages of Node.js, and where tools/setup puts them beside another one.
NODE_PATH = "/usr/share/nodejs:/usr/local/share/nodejs"
SCHEMA = APPS / "schema.sql"


def program(name):
    """The path of an installed program; tools/setup --test installs all of them."""
    found = shutil.which(name, path=PATH)
    expect(found, f"expected {name} to be installed: tools/setup --test")
    return found


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def as_user(directory):
    """Options of subprocess for an ordinary user who works in `directory`."""
    environment = {"PATH": PATH, "HOME": str(directory), "LC_ALL": "C.UTF-8",
                   "NODE_PATH": NODE_PATH}
    return {"user": NOBODY, "group": NOBODY, "extra_groups": [], "cwd": directory,
            "env": environment, "stdin": subprocess.DEVNULL}


def call(words, directory=None, timeout=60, **options):
    """Runs a client to its end, gives what it says; it has to succeed."""
    options = {**(as_user(directory) if directory else {}), **options}
    done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False, timeout=timeout, **options)
    said = done.stdout.decode(errors="replace")
    expect(done.returncode == 0, f"{words[0]} ended with status {done.returncode}\n{said[-2000:]}")
    return said


def connects(address):
    """Something accepts connections at (host, port), or at a Unix socket's path."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as one:
        one.settimeout(1)
        return one.connect_ex(address) == 0


@contextlib.contextmanager
def directory_of_user():
    with scratch() as directory:
        os.chown(directory, NOBODY, NOBODY)
        yield directory


@contextlib.contextmanager
def serving(words, directory, ready, stop=signal.SIGTERM):
    """A server from ready() to the end of the block, which it ends by its pid."""
    words = [str(word) for word in words]
    log = directory / f"{pathlib.Path(words[0]).name}.log"
    with open(log, "ab") as out:
        process = subprocess.Popen(words, stdout=out, stderr=out, **as_user(directory))
    try:
        started = until(lambda: process.poll() is not None or ready(), 30)
        expect(started and process.poll() is None,
               f"{words[0]} did not get ready:\n{log.read_text(errors='replace')[-2000:]}")
        yield process
    finally:
        process.send_signal(stop)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class PostgreSQL:
    """`directory` holds the Unix socket. Everybody is trusted but the user `secretive`."""

    def __init__(self, directory, port, bin_directory):
        self.directory, self.port, self.bin = directory, port, bin_directory
        self.address = f"127.0.0.1:{port}"
        self.socket = f"{directory}/.s.PGSQL.{port}"

    def words(self, name, host="127.0.0.1", port=None):
        return [self.bin / name, "-h", host, "-p", port or self.port, "-U", "postgres"]

    def psql(self, *statements, **options):
        """One session, one `Query` message a statement; gives the bare values."""
        commands = [word for statement in statements for word in ("-c", statement)]
        return call([*self.words("psql", **options), "-XqAt", *commands, "postgres"],
                    self.directory).strip()

    def pgbench(self, *words, host="127.0.0.1", port=None):
        return call([*self.words("pgbench", host, port), "-n", *words, "postgres"], self.directory)

    def forget_calls(self):
        self.psql("SELECT pg_stat_statements_reset()")

    def calls(self):
        """Calls by the server's own normalised text, but for those of this oracle."""
        rows = self.psql("SELECT sum(calls), translate(query, E'\\n\\r', '  ') FROM "
                         "pg_stat_statements WHERE query NOT LIKE '%pg_stat_statements%' "
                         "AND toplevel GROUP BY 2 ORDER BY 1 DESC")
        pairs = [row.split("|", 1) for row in rows.splitlines()]
        return {text: int(calls) for calls, text in pairs}


def certificate(directory):
    """certificate.pem and key.pem, of nobody in particular, for the user there."""
    call([program("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
          "-subj", "/CN=localhost", "-keyout", "key.pem", "-out", "certificate.pem"], directory)


@contextlib.contextmanager
def postgresql(tls=False, settings=None):
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres"),
                   key=lambda path: int(path.parts[4]))
    expect(found, "expected PostgreSQL to be installed: tools/setup --test")
    with directory_of_user() as directory:
        server = PostgreSQL(directory, free_port(), found[-1].parent)
        data = directory / "data"
        call([server.bin / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
              "--locale=C", "--no-sync", "--no-instructions"], directory)
        rules = data / "pg_hba.conf"
        rules.write_text("host all secretive 127.0.0.1/32 scram-sha-256\n" + rules.read_text())
        settings = {
            "listen_addresses": "127.0.0.1", "port": server.port, "jit": "off", "fsync": "off",
            "unix_socket_directories": directory, "max_connections": 150, "autovacuum": "off",
            "shared_preload_libraries": "pg_stat_statements", "shared_buffers": "32MB",
            **(settings or {}),
        }
        if tls:
            certificate(directory)
            settings |= {"ssl": "on", "ssl_cert_file": directory / "certificate.pem",
                         "ssl_key_file": directory / "key.pem"}
        words = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        # SIGINT: its "fast" shutdown.
        with serving([server.bin / "postgres", "-D", data, *words], directory,
                     lambda: subprocess.call([server.bin / "pg_isready", "-q", "-h", directory,
                                              "-p", str(server.port)]) == 0, signal.SIGINT):
            with open(SCHEMA, "rb") as schema:
                call([*server.words("psql"), "-Xq", "-v", "ON_ERROR_STOP=1", "postgres"], directory,
                     stdin=schema)
            server.pgbench("-i", "-q")
            yield server


@contextlib.contextmanager
def pgbouncer(server, mode="transaction"):
    """In front of a PostgreSQL; gives its port."""
    with directory_of_user() as directory:
        port = free_port()
        (directory / "users").write_text('"postgres" ""\n')
        configuration = directory / "pgbouncer.ini"
        configuration.write_text(f"""[databases]
postgres = host=127.0.0.1 port={server.port} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
auth_file = {directory}/users
pool_mode = {mode}
default_pool_size = 4
server_reset_query =
ignore_startup_parameters = extra_float_digits
""")
        with serving([program("pgbouncer"), configuration], directory,
                     lambda: connects(("127.0.0.1", port)), signal.SIGINT):
            yield port


class MariaDB:
    def __init__(self, directory, port):
        self.directory, self.port = directory, port
        self.address = f"127.0.0.1:{port}"
        self.socket = f"{directory}/mariadb.sock"

    def client(self, *statements, over=None):
        """One session; gives the bare values. `over` is "socket" or "tcp"."""
        words = ["--protocol=tcp", "-h", "127.0.0.1", "-P", self.port]
        if over == "socket":
            words = ["--protocol=socket", "-S", self.socket]
        return call([program("mariadb"), *words, "-u", "tester", "-N", "-B", "-e",
                     ";".join(statements), "test"], self.directory).strip()

    def sysbench(self, *words):
        return call([program("sysbench"), "oltp_read_only", "--mysql-host=127.0.0.1",
                     f"--mysql-port={self.port}", "--mysql-user=tester", "--mysql-db=test",
                     "--tables=1", "--table-size=1000", *words], self.directory)

    def forget_calls(self):
        self.client("TRUNCATE performance_schema.events_statements_summary_by_digest")

    def calls(self):
        """Calls by the server's own normalised text, but for those of this oracle. It counts
        a statement after it has answered it."""
        time.sleep(0.1)
        rows = self.client("SELECT SUM(count_star), digest_text FROM "
                           "performance_schema.events_statements_summary_by_digest "
                           "WHERE digest_text IS NOT NULL "
                           "AND digest_text NOT LIKE '%performance_schema%' "
                           "AND digest_text NOT LIKE '%events_statements%' GROUP BY 2")
        pairs = [row.split("\t", 1) for row in rows.splitlines()]
        return {text: int(calls) for calls, text in pairs}

    def counters(self):
        """SHOW GLOBAL STATUS: Com_select, Com_stmt_execute, Questions, …"""
        rows = self.client("SHOW GLOBAL STATUS").splitlines()
        return {name: int(value) for name, value in (row.split("\t", 1) for row in rows)
                if value.isdigit()}


@contextlib.contextmanager
def mariadb():
    with directory_of_user() as directory:
        server = MariaDB(directory, free_port())
        data = directory / "data"
        call([program("mariadb-install-db"), "--no-defaults", f"--datadir={data}",
              "--auth-root-authentication-method=normal", "--skip-name-resolve"], directory)
        with serving([program("mariadbd"), "--no-defaults", f"--datadir={data}",
                      f"--port={server.port}", f"--socket={server.socket}",
                      f"--pid-file={directory}/pid", "--bind-address=127.0.0.1",
                      "--performance-schema=ON", "--skip-log-bin", "--skip-name-resolve",
                      "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M",
                      "--local-infile=1"],
                     directory, lambda: connects(server.socket)):
            # Two users: without a host name, @'localhost' is who comes by the Unix socket.
            users = [f"CREATE USER tester@'{host}'; GRANT ALL ON *.* TO tester@'{host}'"
                     for host in ("localhost", "127.0.0.1")]
            call([program("mariadb"), "-S", server.socket, "-u", "root", "-e",
                  ";".join(["CREATE DATABASE IF NOT EXISTS test", *users])], directory)
            yield server


class Redis:
    def __init__(self, directory, port):
        self.directory, self.port = directory, port
        self.address = f"127.0.0.1:{port}"
        self.socket = f"{directory}/redis.sock"

    def cli(self, *words):
        return call([program("redis-cli"), "-p", self.port, *words], self.directory)

    def info(self, section):
        rows = self.cli("INFO", section).splitlines()
        return dict(row.split(":", 1) for row in rows if ":" in row)

    def forget_calls(self):
        self.cli("CONFIG", "RESETSTAT")

    def calls(self):
        """Calls by command, in lower case, but for those of this oracle."""
        found = {}
        for name, values in self.info("commandstats").items():
            command = name.removeprefix("cmdstat_")
            if command not in ("info", "config|resetstat", "config"):
                found[command] = int(re.search(r"calls=(\d+)", values)[1])
        return found

    def hits_and_misses(self):
        stats = self.info("stats")
        return int(stats["keyspace_hits"]), int(stats["keyspace_misses"])


@contextlib.contextmanager
def redis():
    with directory_of_user() as directory:
        server = Redis(directory, free_port())
        with serving([program("redis-server"), "--port", server.port, "--bind", "127.0.0.1",
                      "--unixsocket", server.socket, "--save", "", "--appendonly", "no",
                      "--enable-debug-command", "yes"],
                     directory, lambda: connects(("127.0.0.1", server.port))):
            yield server


class Memcached:
    def __init__(self, port):
        self.port, self.address = port, f"127.0.0.1:{port}"

    def counters(self):
        """`stats`: cmd_get counts keys, get_hits, get_misses, cmd_set, …"""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as one:
            one.sendall(b"stats\r\n")
            said = b""
            while not said.endswith(b"END\r\n"):
                said += one.recv(65536)
        rows = (row.split(" ", 2) for row in said.decode().splitlines() if row != "END")
        return {name: int(value) for _, name, value in rows if value.isdigit()}


@contextlib.contextmanager
def memcached():
    with directory_of_user() as directory:
        server = Memcached(free_port())
        with serving([program("memcached"), "-l", "127.0.0.1", "-p", server.port, "-U", "0"],
                     directory, lambda: connects(("127.0.0.1", server.port))):
            yield server


@contextlib.contextmanager
def nginx():
    """Serves /hello.txt and /items/NUMBER, answers 404 to the rest; gives its port."""
    with directory_of_user() as directory:
        port = free_port()
        (directory / "hello.txt").write_text("hello\n" * 100)
        paths = "".join(f"  {name}_temp_path {directory}/{name};\n" for name in
                        ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        configuration = directory / "nginx.conf"
        configuration.write_text(f"""daemon off;
worker_processes 1;
pid {directory}/pid;
error_log {directory}/error.log;
events {{ worker_connections 256; }}
http {{
{paths}  access_log {directory}/access.log;
  keepalive_requests 1000000;
  server {{
    listen 127.0.0.1:{port};
    root {directory};
    location /items/ {{ return 200 "item\\n"; }}
  }}
}}
""")
        with serving([program("nginx"), "-e", directory / "error.log", "-p", directory,
                      "-c", configuration], directory, lambda: connects(("127.0.0.1", port))):
            yield NginxLog(directory / "access.log", port)


class NginxLog:
    """What nginx says it has answered: its access log."""

    def __init__(self, path, port):
        self.path, self.port = path, port

    def requests(self):
        return len(self.path.read_text().splitlines())


@contextlib.contextmanager
def uvicorn(server, app="fastapi_app", loop="asyncio"):
    """apps/APP.py with asyncpg; gives its pid and port, and where it works as its `directory`."""
    with directory_of_user() as directory:
        port = free_port()
        application(server, directory)
        with serving([PYTHON, "-m", "uvicorn", f"{app}:app", "--host", "127.0.0.1", "--port",
                      port, "--loop", loop, "--no-access-log"], directory,
                     lambda: connects(("127.0.0.1", port))) as one:
            yield App(one.pid, port, directory)


class App(typing.NamedTuple):
    pid: int
    port: int
    directory: pathlib.Path


@contextlib.contextmanager
def script(name, *words, server=None, ready="ready"):
    """apps/NAME; gives its pid once it has written the file `ready`."""
    with directory_of_user() as directory:
        applications(directory)
        if server:
            application(server, directory)
        runner = {".py": PYTHON, ".js": program("node"), ".sh": "/bin/sh"}[pathlib.Path(name).suffix]
        with serving([runner, name, *words], directory,
                     lambda: not ready or (directory / ready).exists()) as one:
            yield App(one.pid, None, directory)


@contextlib.contextmanager
def wsgi(server):
    """apps/wsgi_app.py, a thread a connection, with psycopg2; gives its pid and port."""
    with directory_of_user() as directory:
        port = free_port()
        app = application(server, directory)
        with serving([PYTHON, "wsgi_app.py", port], app,
                     lambda: connects(("127.0.0.1", port))) as one:
            yield one.pid, port


def application(server, directory):
    """The applications and where they find their database."""
    applications(directory)
    (directory / "database").write_text(f"127.0.0.1 {server.port}")
    return directory


def applications(directory):
    """The user may not enter our tree."""
    for app in (*APPS.glob("*.py"), *APPS.glob("*.js"), *APPS.glob("*.sh")):
        shutil.copy(app, directory)
    return directory


def get(port, path, timeout=10):
    """One request over one connection; gives status and body."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as one:
        one.sendall(f"GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n".encode())
        said = b""
        while data := one.recv(65536):
            said += data
    head, _, body = said.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


@contextlib.contextmanager
def asking(port, *paths, every=0.02):
    """Asks for each of `paths`, in which {} becomes a number of 1 to 90, again and again for as long
    as the block takes."""
    over = threading.Event()

    def ask():
        number = 0
        while not over.wait(every):
            number += 1
            for path in paths:
                get(port, path.format(number % 90 + 1))

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
