#!/usr/bin/env python3
"""HTTP/2 conformance of a listener: what RFC 9113 (and RFC 7541) asks of a server that meets a client
breaking its rules. Frames are made by hand, with the hyperframe and hpack libraries.

    tests/h2.py PORT [--host NAME] [--only TEXT]            cleartext HTTP/2 on 127.0.0.1
    tests/h2.py PORT --host NAME --tls AUTHORITY.pem        HTTP/2 over TLS, agreed on by ALPN

One line for each case; the closing line counts them; exit 1 when one fails. A case passes when the
server does what the section asks: ends the connection (GOAWAY or close), resets the stream (ending the
connection is allowed, too), or answers. A server that hangs has failed.
"""
import argparse, socket, ssl, struct, sys

from hpack import Encoder, Decoder
from hyperframe.frame import (
    ContinuationFrame, DataFrame, Frame, GoAwayFrame, HeadersFrame, PingFrame, PriorityFrame,
    RstStreamFrame, SettingsFrame, WindowUpdateFrame)

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
PATIENCE = 5.0


def raw(kind, flags, stream, payload):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


class Connection:
    def __init__(self, settings=None, preface=PREFACE, greet=True):
        self.socket = socket.create_connection(("127.0.0.1", OPTIONS.port), timeout=PATIENCE)
        if OPTIONS.tls:
            context = ssl.create_default_context(cafile=OPTIONS.tls)
            context.set_alpn_protocols(["h2"])
            self.socket = context.wrap_socket(self.socket, server_hostname=OPTIONS.host)
            assert self.socket.selected_alpn_protocol() == "h2"
        self.encoder, self.decoder = Encoder(), Decoder()
        self.encoder.huffman = False
        self.is_closed = False
        self.waiting = b""
        if preface:
            self.send(preface)
        if greet:
            self.send(SettingsFrame(0, settings=settings or {}).serialize())

    def send(self, data):
        # Kept until something is read: a request and the fault after it arrive together, so that a
        # server cannot have answered the one before it saw the other.
        self.waiting += data
        if len(self.waiting) > 16384:
            self.flush()

    def flush(self):
        waiting, self.waiting = self.waiting, b""
        try:
            self.socket.sendall(waiting)
        except OSError:
            self.is_closed = True

    def request(self, stream=1, extra=(), end=True, without=(), method="GET", end_headers=True, **changes):
        fields = {":method": method, ":scheme": "http", ":path": "/", ":authority": OPTIONS.host, **changes}
        listed = [(name, value) for name, value in fields.items() if name not in without] + list(extra)
        self.headers(listed, stream, end, end_headers)

    def headers(self, listed, stream=1, end=True, end_headers=True):
        block = self.block(listed)
        self.send(raw(1, (1 if end else 0) | (4 if end_headers else 0), stream, block))

    def block(self, listed):
        # The encoder lowers nothing and checks nothing: bad names go out as they are.
        return self.encoder.encode([(name, value) for name, value in listed])

    def read(self):
        """The next frame, or None when the connection ended."""
        try:
            head = self.exactly(9)
            frame, length = Frame.parse_frame_header(memoryview(head))
            frame.parse_body(memoryview(self.exactly(length)))
            return frame
        except (EOFError, ConnectionError):
            self.is_closed = True
            return None

    def exactly(self, count):
        self.flush()
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def outcome(self, stream=1):
        """What happens to `stream`: 'answer', 'reset' or 'end' of the connection; and its frames."""
        seen = []
        while True:
            try:
                frame = self.read()
            except TimeoutError:
                return "silence", seen
            if frame is None or isinstance(frame, GoAwayFrame):
                return "end", seen
            seen.append(frame)
            if frame.stream_id == stream and isinstance(frame, RstStreamFrame):
                return "reset", seen
            if frame.stream_id == stream and "END_STREAM" in frame.flags:
                return "answer", seen

    def is_alive(self, stream):
        self.request(stream=stream)
        return self.outcome(stream)[0] == "answer"


CASES = []


def case(section, what, *allowed):
    def keep(function):
        CASES.append((section, what, allowed, function))
        return function
    return keep


END, RESET, ANSWER = "end", "reset", "answer"


@case("3.4", "answers after the preface", ANSWER)
def _(): c = Connection(); c.request(); return c.outcome()[0]

@case("3.4", "ends a connection with a wrong preface", END)
def _(): c = Connection(preface=b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"); c.request(); return c.outcome()[0]

@case("3.4", "sends SETTINGS first", "settings")
def _(): c = Connection(); f = c.read(); return "settings" if isinstance(f, SettingsFrame) and "ACK" not in f.flags else "other"

@case("6.5.3", "acknowledges SETTINGS", "ack")
def _():
    c = Connection()
    for _ in range(5):
        f = c.read()
        if isinstance(f, SettingsFrame) and "ACK" in f.flags: return "ack"
    return "none"

@case("4.1", "ignores a frame of unknown type", ANSWER)
def _(): c = Connection(); c.send(raw(0xbb, 0, 0, b"12345678")); c.request(); return c.outcome()[0]

@case("4.1", "ignores undefined flags", ANSWER)
def _(): c = Connection(); c.send(raw(6, 0x16, 0, b"12345678")); c.request(); return c.outcome()[0]

@case("4.2", "refuses DATA larger than the limit", END, RESET)
def _(): c = Connection(); c.request(end=False, method="POST"); c.send(raw(0, 1, 1, b"x" * 70000)); return c.outcome()[0]

@case("4.2", "refuses HEADERS larger than the limit", END)
def _(): c = Connection(); c.send(raw(1, 5, 1, b"\x00" * 70000)); return c.outcome()[0]

@case("4.3", "refuses a header block that does not decompress", END)
def _(): c = Connection(); c.send(raw(1, 5, 1, b"\xff\xff\xff\xff\xff\xff")); return c.outcome()[0]

@case("4.3", "refuses another frame within a header block", END)
def _():
    c = Connection(); c.request(end_headers=False); c.send(PriorityFrame(3).serialize()); return c.outcome()[0]

@case("4.3", "refuses the header block of another stream in between", END)
def _(): c = Connection(); c.request(end_headers=False); c.request(stream=3); return c.outcome()[0]

@case("5.1", "refuses DATA on an idle stream", END)
def _(): c = Connection(); c.send(raw(0, 1, 1, b"x")); return c.outcome()[0]

@case("5.1", "refuses RST_STREAM on an idle stream", END)
def _(): c = Connection(); c.send(raw(3, 0, 1, b"\0\0\0\x08")); return c.outcome()[0]

@case("5.1", "refuses WINDOW_UPDATE on an idle stream", END)
def _(): c = Connection(); c.send(raw(8, 0, 1, b"\0\0\0\x64")); return c.outcome()[0]

@case("5.1", "refuses CONTINUATION on an idle stream", END)
def _(): c = Connection(); c.send(raw(9, 4, 1, b"\x82")); return c.outcome()[0]

@case("5.1", "refuses DATA on a half-closed stream", END, RESET)
def _(): c = Connection(); c.request(); c.send(raw(0, 1, 1, b"x")); return after_answer(c)

@case("5.1", "refuses HEADERS on a closed stream", END, RESET)
def _():
    c = Connection(); c.request()
    if c.outcome()[0] != ANSWER: return "no answer"
    c.request(); return c.outcome()[0]

@case("5.1", "refuses CONTINUATION after a block that ended", END)
def _(): c = Connection(); c.request(); c.send(raw(9, 4, 1, b"\x82")); return after_answer(c)

@case("5.1.1", "refuses a stream with an even number", END)
def _(): c = Connection(); c.request(stream=2); return c.outcome(2)[0]

@case("5.1.1", "refuses a stream with a lower number", END, RESET)
def _():
    c = Connection(); c.request(stream=5)
    if c.outcome(5)[0] != ANSWER: return "no answer"
    c.request(stream=3); return c.outcome(3)[0]

@case("5.1.2", "refuses more streams than it announced", END, RESET)
def _():
    # With no window the answers stay, and the streams with them.
    c = Connection(settings={SettingsFrame.INITIAL_WINDOW_SIZE: 0}); settings = c.read().settings
    limit = settings.get(SettingsFrame.MAX_CONCURRENT_STREAMS, 0)
    if not 0 < limit <= 1000: return f"limit {limit}"
    for n in range(limit + 1): c.request(stream=2 * n + 1, end=False, method="POST")
    return c.outcome(2 * limit + 1)[0]

@case("5.3.1", "refuses a stream that depends on itself", END, RESET, ANSWER)
def _(): c = Connection(); c.request(); c.send(raw(2, 0, 1, b"\0\0\0\x01\x10")); return c.outcome()[0]

@case("6.1", "refuses DATA on stream 0", END)
def _(): c = Connection(); c.send(raw(0, 1, 0, b"x")); return c.outcome()[0]

@case("6.1", "refuses DATA with more padding than payload", END)
def _(): c = Connection(); c.request(end=False, method="POST"); c.send(raw(0, 9, 1, b"\x06x")); return c.outcome()[0]

@case("6.2", "refuses HEADERS on stream 0", END)
def _(): c = Connection(); c.request(stream=0); return c.outcome(0)[0]

@case("6.2", "refuses HEADERS with more padding than payload", END)
def _(): c = Connection(); c.send(raw(1, 13, 1, b"\xff\x82")); return c.outcome()[0]

@case("6.3", "refuses PRIORITY on stream 0", END)
def _(): c = Connection(); c.send(raw(2, 0, 0, b"\0\0\0\0\x10")); return c.outcome(0)[0]

@case("6.3", "refuses PRIORITY of a wrong length", END, RESET)
def _(): c = Connection(); c.send(raw(2, 0, 1, b"\0\0\0\0")); c.request(); return c.outcome()[0]

@case("6.4", "refuses RST_STREAM on stream 0", END)
def _(): c = Connection(); c.send(raw(3, 0, 0, b"\0\0\0\x08")); return c.outcome(0)[0]

@case("6.4", "refuses RST_STREAM of a wrong length", END)
def _(): c = Connection(); c.request(end=False, method="POST"); c.send(raw(3, 0, 1, b"\0\0\0")); return c.outcome()[0]

@case("6.5", "refuses a SETTINGS acknowledgement with a payload", END)
def _(): c = Connection(); c.send(raw(4, 1, 0, b"\0" * 6)); return c.outcome(0)[0]

@case("6.5", "refuses SETTINGS on a stream", END)
def _(): c = Connection(); c.send(raw(4, 0, 1, b"")); return c.outcome(0)[0]

@case("6.5", "refuses SETTINGS of a wrong length", END)
def _(): c = Connection(); c.send(raw(4, 0, 0, b"\0" * 5)); return c.outcome(0)[0]

@case("6.5.2", "refuses an ENABLE_PUSH other than 0 and 1", END)
def _(): c = Connection(); c.send(raw(4, 0, 0, b"\0\2\0\0\0\2")); return c.outcome(0)[0]

@case("6.5.2", "refuses an INITIAL_WINDOW_SIZE above 2^31-1", END)
def _(): c = Connection(); c.send(raw(4, 0, 0, b"\0\4\x80\0\0\0")); return c.outcome(0)[0]

@case("6.5.2", "refuses a MAX_FRAME_SIZE below 2^14", END)
def _(): c = Connection(); c.send(raw(4, 0, 0, b"\0\5\0\0\x3f\xff")); return c.outcome(0)[0]

@case("6.5.2", "refuses a MAX_FRAME_SIZE above 2^24-1", END)
def _(): c = Connection(); c.send(raw(4, 0, 0, b"\0\5\1\0\0\0")); return c.outcome(0)[0]

@case("6.5.2", "ignores an unknown setting", ANSWER)
def _(): c = Connection(); c.send(raw(4, 0, 0, b"\0\xff\0\0\0\1")); c.request(); return c.outcome()[0]

@case("6.7", "answers PING with the same bytes", "pong")
def _():
    c = Connection(); c.send(PingFrame(0, b"8 bytes!").serialize())
    for _ in range(6):
        f = c.read()
        if isinstance(f, PingFrame): return "pong" if "ACK" in f.flags and f.opaque_data == b"8 bytes!" else "wrong"
    return "none"

@case("6.7", "does not answer a PING acknowledgement", ANSWER)
def _():
    c = Connection(); c.send(raw(6, 1, 0, b"8 bytes!")); c.request(); result, seen = c.outcome()
    return "pong" if any(isinstance(f, PingFrame) for f in seen) else result

@case("6.7", "refuses PING on a stream", END)
def _(): c = Connection(); c.send(raw(6, 0, 1, b"8 bytes!")); return c.outcome(0)[0]

@case("6.7", "refuses PING of a wrong length", END)
def _(): c = Connection(); c.send(raw(6, 0, 0, b"6bytes")); return c.outcome(0)[0]

@case("6.8", "refuses GOAWAY on a stream", END)
def _(): c = Connection(); c.send(raw(7, 0, 1, b"\0" * 8)); return c.outcome(0)[0]

@case("6.9", "refuses a WINDOW_UPDATE of 0 on the connection", END)
def _(): c = Connection(); c.send(raw(8, 0, 0, b"\0\0\0\0")); return c.outcome(0)[0]

@case("6.9", "refuses a WINDOW_UPDATE of 0 on a stream", END, RESET)
def _(): c = Connection(); c.request(end=False, method="POST"); c.send(raw(8, 0, 1, b"\0\0\0\0")); return c.outcome()[0]

@case("6.9", "refuses WINDOW_UPDATE of a wrong length", END)
def _(): c = Connection(); c.send(raw(8, 0, 0, b"\0\0\1")); return c.outcome(0)[0]

@case("6.9.1", "refuses a window above 2^31-1", END)
def _(): c = Connection(); c.send(raw(8, 0, 0, b"\x7f\xff\xff\xff") * 2); return c.outcome(0)[0]

@case("6.9.1", "refuses a stream's window above 2^31-1", END, RESET)
def _(): c = Connection(); c.request(end=False, method="POST"); c.send(raw(8, 0, 1, b"\x7f\xff\xff\xff") * 2); return c.outcome()[0]

@case("6.9.1", "sends no more than the window", "1 byte")
def _():
    c = Connection(settings={SettingsFrame.INITIAL_WINDOW_SIZE: 1}); c.request()
    while True:
        f = c.read()
        if f is None: return "end"
        if isinstance(f, DataFrame): return f"{len(f.data)} byte"

@case("6.9.2", "counts a window that was made smaller", ANSWER)
def _():
    c = Connection(settings={SettingsFrame.INITIAL_WINDOW_SIZE: 0}); c.request()
    c.send(SettingsFrame(0, settings={SettingsFrame.INITIAL_WINDOW_SIZE: 65535}).serialize()); return c.outcome()[0]

@case("6.10", "takes a header block in several frames", ANSWER)
def _():
    c = Connection(); block = c.block([(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", OPTIONS.host)])
    c.send(raw(1, 1, 1, block[:3]) + raw(9, 0, 1, block[3:6]) + raw(9, 4, 1, block[6:])); return c.outcome()[0]

@case("6.10", "refuses CONTINUATION on stream 0", END)
def _(): c = Connection(); c.request(end_headers=False); c.send(raw(9, 4, 0, b"")); return c.outcome()[0]

@case("6.10", "refuses CONTINUATION after DATA", END)
def _():
    c = Connection(); c.request(end=False, method="POST"); c.send(raw(0, 0, 1, b"x") + raw(9, 4, 1, b"\x82")); return after_answer(c)

@case("6.10", "bounds a header block that never ends", END, RESET)
def _():
    c = Connection(); c.request(end_headers=False); part = c.block([("x", "y" * 1000)])
    for _ in range(4000):
        if c.is_closed: break
        c.send(raw(9, 0, 1, part))
    return c.outcome()[0]

def malformed(what, section="8.1.1", **how):
    @case(section, what, END, RESET, "400")
    def _():
        c = Connection(); c.request(**how); return with_status(c)

malformed("refuses an upper-case field name", "8.2.1", extra=[("X-Test", "1")])
malformed("refuses a field name with a space", "8.2.1", extra=[("x test", "1")])
malformed("refuses a field value with a line break", "8.2.1", extra=[("x-test", "1\r\nx: y")])
malformed("refuses an empty field name", "8.2.1", extra=[("", "1")])
malformed("refuses Connection", "8.2.2", extra=[("connection", "keep-alive")])
malformed("refuses Transfer-Encoding", "8.2.2", extra=[("transfer-encoding", "chunked")])
malformed("refuses TE other than trailers", "8.2.2", extra=[("te", "trailers, deflate")])
malformed("refuses an unknown pseudo-field", "8.3", extra=[(":test", "1")])
malformed("refuses a pseudo-field of responses", "8.3", extra=[(":status", "200")])
malformed("refuses a pseudo-field after a field", "8.3", without=(":path",), extra=[("x", "1"), (":path", "/")])
malformed("refuses :path twice", "8.3.1", extra=[(":path", "/other")])
malformed("refuses an empty :path", "8.3.1", **{":path": ""})
malformed("refuses a request without :method", "8.3.1", without=(":method",))
malformed("refuses a request without :scheme", "8.3.1", without=(":scheme",))
malformed("refuses a request without :path", "8.3.1", without=(":path",))
malformed("refuses :authority that differs from Host", "8.3.1", extra=[("host", "other.example")])

@case("8.1.1", "refuses a body longer than Content-Length", END, RESET, "400")
def _(): c = Connection(); c.request(end=False, method="POST", extra=[("content-length", "1")]); c.send(raw(0, 1, 1, b"four")); return with_status(c)

@case("8.1.1", "refuses a body shorter than Content-Length", END, RESET, "400")
def _(): c = Connection(); c.request(end=False, method="POST", extra=[("content-length", "9")]); c.send(raw(0, 1, 1, b"four")); return with_status(c)

@case("8.1", "refuses trailers that do not end the stream", END, RESET)
def _():
    c = Connection(); c.request(end=False, method="POST"); c.headers([("x", "1")], end=False); return c.outcome()[0]

@case("8.1", "refuses pseudo-fields in trailers", END, RESET, "400", "401")
def _():
    # 401: refused before the body was read, trailers included.
    c = Connection(); c.request(end=False, method="POST"); c.headers([(":method", "GET")]); return with_status(c)

@case("8.4", "refuses PUSH_PROMISE from a client", END)
def _(): c = Connection(); c.send(raw(5, 4, 1, b"\0\0\0\2\x82")); return c.outcome()[0]

@case("10.5", "survives a flood of PING", ANSWER, END)
def _():
    c = Connection()
    for _ in range(20000): c.send(raw(6, 0, 0, b"8 bytes!"))
    c.request(); return c.outcome()[0]

@case("10.5", "survives streams opened and reset at once (rapid reset)", ANSWER, END)
def _():
    c = Connection()
    for n in range(5000):
        if c.is_closed: return END
        c.request(stream=2 * n + 1); c.send(raw(3, 0, 2 * n + 1, b"\0\0\0\x08"))
    c.request(stream=20001); return c.outcome(20001)[0]

@case("RFC 7541 2.3.3", "refuses an index outside the table", END)
def _(): c = Connection(); c.send(raw(1, 5, 1, b"\xc6")); return c.outcome()[0]

@case("RFC 7541 4.2", "refuses a table size above the limit", END)
def _(): c = Connection(); c.send(raw(1, 5, 1, b"\x3f\xff\xff\xff\x0f\x82")); return c.outcome()[0]

@case("RFC 7541 5.2", "refuses Huffman padding longer than seven bits", END)
def _(): c = Connection(); c.send(raw(1, 5, 1, b"\x82\x86\x84\x00\x01x\x82\x1f\xff")); return c.outcome()[0]

@case("RFC 7541 5.2", "refuses a Huffman string with EOS", END)
def _(): c = Connection(); c.send(raw(1, 5, 1, b"\x82\x86\x84\x00\x01x\x84\xff\xff\xff\xff")); return c.outcome()[0]


def after_answer(connection):
    """The stream may be answered before the server reads on; then the fault must show afterwards."""
    result, _ = connection.outcome()
    if result != ANSWER: return result
    connection.socket.settimeout(2)
    return connection.outcome()[0]


def with_status(connection):
    result, seen = connection.outcome()
    if result == ANSWER:
        for frame in seen:
            if isinstance(frame, HeadersFrame):
                fields = dict(connection.decoder.decode(frame.data))
                return fields.get(":status", result)
    return result


def main():
    failed = 0
    chosen = [c for c in CASES if OPTIONS.only in c[1]]
    for section, what, allowed, function in chosen:
        try:
            result = function()
        except Exception as error:
            result = f"{type(error).__name__} {error}"
        fine = result in allowed
        failed += not fine
        print(f"{'ok    ' if fine else 'FAILED'} {section:15} {what}" + ("" if fine else f": {result}, not {' or '.join(allowed)}"))
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--host", default="localhost")
    parser.add_argument("--only", default="")
    parser.add_argument("--tls")
    OPTIONS = parser.parse_args()
    sys.exit(main())
