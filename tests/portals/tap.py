"""A tap on HTTP/1.1: forwards what passes, byte for byte, and keeps it.

Framing is read, content is not: what is kept is what was sent, before any decoding. Messages leave as they come, so that
streams and protocols after an upgrade (web sockets) pass as without it.
"""
import gzip, itertools, select, socket, threading, zlib

MARK = "x-tap"


class Tap:
    """Listens on loopback and forwards to `port`.

    `marks`: each request gets a number in a header of its own, by which another tap behind knows it again.
    `plain`: no other compression is asked for than what this program can read.
    """

    def __init__(self, port, to="127.0.0.1", marks=False, plain=False):
        self.to, self.marks, self.plain = (to, port), marks, plain
        self.exchanges, self.broken, self.numbers, self.lock = [], [], itertools.count(1), threading.Lock()
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        self.socket.close()

    def accept(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        portal, exchange = None, {"status": "between requests"}
        try:
            asking = client.makefile("rb")
            while True:
                if portal and is_over(client, portal):
                    return
                first, fields, _ = read_head(asking)
                portal = portal or socket.create_connection(self.to)
                exchange = {"first": first, "fields": list(fields), "mark": field(fields, MARK), "body": b""}
                if self.marks:
                    exchange["mark"] = str(next(self.numbers))
                    fields.append((MARK, exchange["mark"]))
                if self.plain:
                    fields = [(name, "gzip" if name.lower() == "accept-encoding" else value) for name, value in fields]
                portal.sendall(written(first, fields))
                exchange["body"] = forward_body(asking, portal, fields, is_answer=False)
                if not self.answer(exchange, client, portal, asking):
                    return
        except (ConnectionError, ValueError, OSError) as error:
            if "status" not in exchange:
                self.broken.append((exchange, repr(error)))
        finally:
            for end in (client, portal):
                if end:
                    end.close()

    def answer(self, exchange, client, portal, asking):
        """Whether the connection goes on."""
        method = exchange["first"].split(" ")[0]
        answering = portal.makefile("rb")
        while True:
            first, fields, raw = read_head(answering)
            client.sendall(raw)
            status = int(first.split(" ")[1])
            if status >= 200 or status == 101:
                break
        exchange |= {"status": status, "answer_fields": fields, "answer": b""}
        with self.lock:
            self.exchanges.append(exchange)
        if status == 101:
            exchange["from_client"], exchange["answer"] = pump(client, asking, portal, answering)
            return False
        if method == "HEAD" or status in (204, 304):
            return True
        exchange["answer"] = forward_body(answering, client, fields, is_answer=True)
        framed = field(fields, "content-length") is not None or "chunked" in (field(fields, "transfer-encoding") or "")
        closes = "close" in (field(fields, "connection") or "").lower() or first.startswith("HTTP/1.0")
        return framed and not closes


def is_over(client, portal):
    """Waits for the next request; true when the portal ends the connection first, as the client then must see."""
    ready, _, _ = select.select([client, portal], [], [])
    return client not in ready


def read_head(stream):
    """The first line, the fields and the bytes of a message's head."""
    lines = []
    while True:
        line = stream.readline(1 << 20)
        if not line:
            raise ConnectionError("closed")
        lines.append(line)
        if line in (b"\r\n", b"\n"):
            break
    texts = [line.decode("latin-1").rstrip("\r\n") for line in lines[:-1]]
    pairs = [tuple(part.strip() for part in text.split(":", 1)) for text in texts[1:]]
    return texts[0], pairs, b"".join(lines)


def written(first, fields):
    return "".join([f"{first}\r\n", *(f"{name}: {value}\r\n" for name, value in fields), "\r\n"]).encode("latin-1")


def field(fields, name):
    found = [value for key, value in fields if key.lower() == name]
    return ", ".join(found) if found else None


def forward_body(stream, to, fields, is_answer):
    """Sends a body on as it is framed, and returns its content."""
    kept = bytearray()
    if "chunked" in (field(fields, "transfer-encoding") or "").lower():
        while True:
            line = stream.readline(1 << 16)
            size = int(line.split(b";")[0], 16)
            to.sendall(line)
            if size == 0:
                break
            chunk = stream.read(size)
            kept += chunk
            to.sendall(chunk + stream.readline(8))
        # Trailers, and the empty line.
        while True:
            line = stream.readline(1 << 16)
            to.sendall(line)
            if line in (b"\r\n", b"\n", b""):
                break
        return bytes(kept)
    length = field(fields, "content-length")
    left = int(length) if length is not None else (1 << 62 if is_answer else 0)
    while left:
        part = stream.read1(min(left, 1 << 16))
        if not part:
            break
        kept += part
        to.sendall(part)
        left -= len(part)
    return bytes(kept)


def pump(client, asking, portal, answering):
    """Both ways until one side ends; what passed, by direction."""
    kept = (bytearray(), bytearray())

    def copy(stream, to, into):
        try:
            while part := stream.read1(1 << 16):
                into.extend(part)
                to.sendall(part)
        except OSError:
            pass
        for end in (client, portal):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    other = threading.Thread(target=copy, args=(asking, portal, kept[0]), daemon=True)
    other.start()
    copy(answering, client, kept[1])
    other.join(5)
    return bytes(kept[0]), bytes(kept[1])


def decoded(exchange):
    coding = (field(exchange["answer_fields"], "content-encoding") or "").lower()
    if coding == "gzip":
        return gzip.decompress(exchange["answer"])
    return zlib.decompress(exchange["answer"]) if coding == "deflate" else exchange["answer"]
