# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL's protocol in the plain, for what drivers do not let us choose: when a reply is
read, and under which name a statement is prepared."""
import socket
import struct


class PgConnection:
    def __init__(self, port, user="postgres"):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.left = b""
        words = b"".join(word.encode() + b"\0" for word in ("user", user, "database", "postgres"))
        self.socket.sendall(struct.pack("!ii", 9 + len(words), 0x00030000) + words + b"\0")
        self.answer()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.sendall(message("X"))
        self.socket.close()

    def ask(self, sql):
        self.socket.sendall(message("Q", text(sql)))

    def prepare(self, name, sql):
        self.socket.sendall(message("P", text(name) + text(sql) + b"\0\0") + message("S"))
        self.answer()

    def execute(self, name, *values):
        data = b"".join(struct.pack("!i", len(str(value))) + str(value).encode()
                        for value in values)
        bind = b"\0" + text(name) + struct.pack("!hh", 0, len(values)) + data + b"\0\0"
        self.socket.sendall(message("B", bind) + message("E", b"\0" + bytes(4)) + message("S"))
        self.answer()

    def answer(self):
        """Reads until the server is ready for the next query; an error is an error of ours."""
        while True:
            while len(self.left) < 5 or len(self.left) < 1 + length(self.left):
                data = self.socket.recv(65536)
                if not data:
                    raise ConnectionError("the server closed the connection")
                self.left += data
            kind, end = self.left[:1], 1 + length(self.left)
            body, self.left = self.left[5:end], self.left[end:]
            if kind == b"E":
                raise ConnectionError(body.decode(errors="replace"))
            if kind == b"Z":
                return


def message(kind, body=b""):
    return kind.encode() + struct.pack("!i", 4 + len(body)) + body


def text(value):
    return value.encode() + b"\0"


def length(data):
    return struct.unpack("!i", data[1:5])[0]
