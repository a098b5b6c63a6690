#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reports that a person forwards, and comparisons: what they hold after real runs."""
import atexit
import contextlib
import functools
import html.parser
import http.client
import http.server
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

from harness import ROOT, case, expect, main, run, scratch, workload

HOSTILE = "</td><script>alert(1)</script>|`*x*"


@functools.lru_cache(maxsize=None)
def directory():
    path = pathlib.Path(tempfile.mkdtemp(prefix="culprit-e2e-"))
    atexit.register(shutil.rmtree, path)
    return path


class Page(html.parser.HTMLParser):
    """Holds that elements are closed as they were opened; keeps what they and the texts were."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.texts, self.style = [], [], [], ""
        self.feed(text)
        self.close()
        expect(not self.open, f"expected all elements to be closed, open are {self.open}")

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in {"meta"}:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        expect(self.open and self.open[-1] == tag, f"expected </{self.open[-1:]}>, found </{tag}>")
        self.open.pop()

    def handle_data(self, data):
        if self.open and self.open[-1] == "style":
            self.style += data
        else:
            self.texts.append(data)

    def tags(self):
        return {tag for tag, _ in self.elements}


def expect_alone(page):
    """The page asks nothing of anybody."""
    refused = {"script", "img", "link", "iframe", "object", "embed", "form", "base"} & page.tags()
    expect(not refused, f"expected no {refused}")
    for tag, attributes in page.elements:
        for name, value in attributes.items():
            asks = name in {"src", "srcset", "action", "data", "style"} or name.startswith("on")
            expect(not asks, f"expected no {name} in <{tag}>")
            expect(name != "href" or value.startswith("#"), f"expected no link to {value}")
    expect("url(" not in page.style and "@import" not in page.style, "expected no url in the style")


def tables(text):
    """Tables of Markdown as lists of rows of cells; bars in cells are escaped."""
    found, rows = [], []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            expect(line.endswith("|"), f"expected a whole row: {line}")
            rows.append(re.split(r"(?<!\\)\|", line)[1:-1])
        elif rows:
            found.append(rows)
            rows = []
    return found


def expect_tables(text, least):
    found = tables(text)
    expect(len(found) >= least, f"expected {least} tables, found {len(found)}")
    for rows in found:
        expect(len({len(row) for row in rows}) == 1, f"expected rows of one length: {rows[:3]}")
        expect(all(re.fullmatch(r" -{3}:? ", cell) for cell in rows[1]),
               f"expected a line below the titles: {rows[1]}")


@contextlib.contextmanager
def named_process(name):
    """A process that works, with a name that is hostile wherever it is shown."""
    program = f"import sys\nopen('/proc/self/comm','w').write('<b>&|`')\nwhile 1: pass"
    process = subprocess.Popen([sys.executable, "-c", program, name])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@functools.lru_cache(maxsize=None)
def busy_recording():
    """Two seconds in which a process of a hostile name was busiest."""
    file = directory() / "busy"
    with named_process(HOSTILE), workload("sleeper", "--how", "nanosleep", "--seconds", "30"):
        run("record", file, "--duration", "2", "--interval", "0.5").expect()
    return file


@case("HTML: whole, alone, and names cannot break out of it")
def html_report():
    text = run("analyze", "--from", busy_recording(), "--format", "html").expect(err="").out
    page = Page(text)
    expect_alone(page)
    expect({"svg", "table", "h1", "main"} <= page.tags(), f"expected a report: {page.tags()}")
    shown = "".join(page.texts)
    expect(HOSTILE in shown, "expected the hostile command as text")
    expect("<b>&|`" in shown, "expected the hostile name as text")
    policy = [attributes for tag, attributes in page.elements
              if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"]
    expect(policy and "default-src 'none'" in policy[0]["content"], "expected a policy")


@case("HTML: a file of its own, whole")
def html_file():
    file = directory() / "report.html"
    run("analyze", "--from", busy_recording(), "-f", "html", "-o", file).expect(out="", err="")
    expect(file.read_text().endswith("</html>\n"), "expected a whole page")


@case("Markdown: tables are well formed whatever is in them")
def markdown_report():
    text = run("analyze", "--from", busy_recording(), "--format", "markdown").expect(err="").out
    expect(text.startswith("# What slows "), f"expected a title: {text[:80]}")
    expect_tables(text, 4)
    expect("## What is wrong" in text, "expected the findings")
    # In a span of code nothing means anything but the bar of a table.
    expect(HOSTILE.replace("|", r"\|") in text, "expected the hostile command in a span of code")


@case("an analysis of the running host as HTML")
def live_report():
    expect_alone(Page(run("analyze", "-d", "0.5", "-f", "html").expect().out))


@case("a format that is none is refused")
def unknown_format():
    run("analyze", "-d", "1", "-f", "pdf").refuses(2, "text, json, markdown or html")
    run("compare", busy_recording(), busy_recording(), "-f", "pdf").refuses(2, "--format")


class Server(http.server.ThreadingHTTPServer):
    """Answers each request after some time."""

    daemon_threads = True

    def __init__(self, seconds):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                time.sleep(seconds)
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)


def serve(seconds):
    """A process of its own, so that its endpoint has one name in all recordings."""
    server = Server(float(seconds))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()


@contextlib.contextmanager
def asking(port, path):
    """A client that asks again and again."""
    done = threading.Event()

    def ask():
        client = http.client.HTTPConnection("127.0.0.1", port)
        while not done.is_set():
            client.request("GET", path)
            client.getresponse().read()

    client = threading.Thread(target=ask)
    client.start()
    try:
        yield
    finally:
        done.set()
        client.join()


@functools.lru_cache(maxsize=None)
def recording_of(seconds, number):
    """Seven seconds of a server that takes so long for each request."""
    file = directory() / f"{seconds}-{number}"
    server = subprocess.Popen([sys.executable, __file__, "serve", str(seconds)],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        with asking(int(server.stdout.readline()), "/orders/5"):
            run("record", file, "--duration", "7", "--interval", "1", timeout=30).expect()
    finally:
        server.communicate()
    return file


def latency(document, metric="latency.p50_seconds"):
    rows = [row for row in document["numbers"]
            if row["kind"] == "endpoint" and row["name"].startswith("GET /orders/{id}")
            and row["metric"] == metric]
    expect(len(rows) == 1, f"expected the endpoint once: {document['numbers'][:5]}")
    return rows[0]


def valid(document):
    with scratch() as place:
        file = place / "document.json"
        file.write_text(json.dumps(document))
        done = subprocess.run(["/usr/bin/python3", ROOT / "tests/e2e/validate_json.py", file],
                              capture_output=True, text=True, check=False)
    expect(done.returncode == 0, done.stderr)


@case("compare: the same server twice is the same, one that takes 50 % longer is not")
def compare_recordings():
    first, again, slower = (recording_of(0.04, 1), recording_of(0.04, 2), recording_of(0.06, 1))
    same = run("compare", first, again, "-f", "json").expect(err="").json()
    expect(latency(same)["change"] == "same", f"expected no difference: {latency(same)}")
    document = run("compare", first, slower, "-f", "json").expect(err="").json()
    valid(document)
    row = latency(document)
    expect(row["change"] == "worse" and document["regressed"], f"expected worse: {row}")
    expect(0.04 <= row["before"] < row["after"], f"expected more than 40 ms: {row}")
    expect(document["before"]["intervals"] >= 6, f"expected a series: {document['before']}")
    text = run("compare", first, slower).expect(err="").out
    expect(re.search(r"worse +latency p50 .* endpoint GET /orders/\{id\} of python3", text),
           f"expected the endpoint: {text}")
    run("compare", first, slower, "--fail-on-regression").expect(code=1)


@case("compare: what export and analyze write is compared, too")
def compare_documents():
    first, slower = recording_of(0.04, 1), recording_of(0.06, 1)
    with scratch() as place:
        for name, file in (("first", first), ("slower", slower)):
            (place / f"{name}.ndjson").write_text(run("export", "--from", file).expect().out)
            run("analyze", "--from", file, "-f", "json", "-o", place / f"{name}.json").expect()
        series = run("compare", place / "first.ndjson", place / "slower.ndjson", "-f", "json")
        expect(latency(series.expect(err="").json())["change"] == "worse", "expected worse")
        single = run("compare", place / "first.json", place / "slower.json", "-f", "json")
        row = latency(single.expect(err="").json())
        expect(row["change"] == "worse" and row["probability"] < 0.01, f"expected worse: {row}")


@case("compare: as a page and as Markdown")
def compare_formats():
    files = recording_of(0.04, 1), recording_of(0.06, 1)
    page = Page(run("compare", *files, "-f", "html").expect(err="").out)
    expect_alone(page)
    expect("svg" in page.tags(), "expected a chart")
    text = run("compare", *files, "-f", "markdown").expect(err="").out
    expect_tables(text, 2)
    expect("## What differs beyond noise" in text, "expected differences")


@case("compare: what cannot be read is told in one line")
def compare_refuses():
    file = busy_recording()
    run("compare", file).refuses(2, "BEFORE AFTER")
    run("compare", file, "/nowhere").refuses(2, "/nowhere: cannot be read")
    with scratch() as place:
        wrong = place / "wrong"
        for text, pattern in (("{}", r"wrong: /: the key schema"), ("{\n[", "line 1: /: one JSON"),
                              ("nothing", "wrong"), ("", "wrong")):
            wrong.write_text(text)
            run("compare", file, wrong).refuses(2, pattern)
        document = run("analyze", "--from", file, "-f", "json").expect().json()
        document["endpoints"] = [{"requests": "many", "process": None}]
        wrong.write_text(json.dumps(document) + "\n" + json.dumps(document) + "\n")
        run("compare", file, wrong).refuses(2, r"wrong: line 1: /endpoints/0/requests: a number")


def blocking_tasks(path):
    """What is found of a coroutine that answers that path."""
    server = subprocess.Popen(["/usr/bin/python3", ROOT / "tests/e2e/apps/blocking_loop.py"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        with asking(int(server.stdout.readline()), path):
            found = run("analyze", "-d", "3", "-f", "json").expect().json()["findings"]
    finally:
        server.communicate()
    return [row for row in found
            if row["id"] == "task.blocks_event_loop" and row["target"]["pid"] == server.pid]


@case("a coroutine that waits without await is named, one that awaits is not")
def blocked_loop():
    (row,) = blocking_tasks("/wait")
    expect(row["target"]["name"].startswith("serve_client"), f"expected the coroutine: {row}")
    expect("sleep 100 %" in row["summary"], f"expected what it waits for: {row}")
    expect([victim["name"] for victim in row["victims"]] == ["GET /wait"],
           f"expected who suffers: {row}")
    expect(not blocking_tasks("/await"), "expected nothing of one that awaits")


if sys.argv[1:2] == ["serve"]:
    serve(sys.argv[2])
else:
    main()
