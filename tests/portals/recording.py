"""Records requests to a portal as an HTTP archive, each with the persons that its answer shows.

The truth is the portal's own: each module says it from the rows that it put into the portal's database and from what
the portal writes around them, never from a map. It stands beside the entry, under a name that readers of archives skip.
"""
import base64, http.cookiejar, json, os, signal, socket, time, urllib.error, urllib.parse, urllib.request

from tap import Tap

TRUTH = "_persons"
FAMILIES = "Dupont Petit Martin Bernard Robert Richard Durand Leroy Moreau Simon Laurent Lefebvre Michel Garcia David Bertrand Roux Vincent Fournier Morel".split()
GIVEN = "Marie Jean Aoife Léa Hugo Chloé Louis Emma Adam Jade Paul Inès Noé Zoé Ali Rose Luc Nina Omar Eva Iris Max Lia Tom Ana Leo Mia Sam Lou Ida".split()
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def name_of(number):
    """Family and given name: of 600 persons, no two have both in common."""
    return FAMILIES[number % 20], GIVEN[number // 20 % 30]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def front(port):
    """Where clients connect. `pilot` puts Digue there."""
    return port


def tap(port):
    """What a browser connects to, which keeps what passes."""
    return Tap(port, plain=True)


def wait(port, address="127.0.0.1"):
    for _ in range(1500):
        try:
            socket.create_connection((address, port), 1).close()
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"nothing answers on port {port}")


def stop(process):
    """Ends a process that was started here, with its workers where it leads a group of its own."""
    if os.getpgid(process.pid) == process.pid:
        os.killpg(process.pid, signal.SIGTERM)
    process.terminate()
    process.wait()


class KeepRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer of its own."""

    def redirect_request(self, *_):
        return None


class Recorder:
    def __init__(self, port, truth, headers=()):
        """`truth` says the identifiers of the persons shown, from an answer's status, type and body."""
        self.base, self.truth, self.headers = f"http://127.0.0.1:{front(port)}", truth, dict(headers)
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(jar, KeepRedirects())

    def ask(self, path, method="GET", body=None, headers=()):
        request = urllib.request.Request(self.base + path, body, {**self.headers, **dict(headers)}, method=method)
        try:
            answer = self.opener.open(request, timeout=120)
        except urllib.error.HTTPError as error:
            answer = error
        return answer.status, answer.headers, answer.read()

    def record(self, path, method="GET", body=None, headers=()):
        status, answered, bytes_ = self.ask(path, method, body, headers)
        kind = answered.get("content-type", "")
        content = {"size": len(bytes_), "mimeType": kind}
        try:
            content["text"] = bytes_.decode("utf-8")
        except UnicodeDecodeError:
            content |= {"text": base64.b64encode(bytes_).decode(), "encoding": "base64"}
        asked = {"method": method, "url": self.base + path, "headers": []}
        if body is not None:
            asked["postData"] = {"mimeType": dict(headers).get("Content-Type", FORM["Content-Type"]), "text": body.decode()}
        shown = [] if status >= 300 else sorted({str(person) for person in self.truth(status, kind, bytes_)})
        pairs = [{"name": name, "value": value} for name, value in answered.items()]
        return {"request": asked, "response": {"status": status, "headers": pairs, "content": content}, TRUTH: shown}


def form(**fields):
    return urllib.parse.urlencode(fields).encode()


def save(folder, name, entries):
    archive = {"log": {"version": "1.2", "creator": {"name": "tests/portals", "version": "1"}, "entries": entries}}
    (folder / f"{name}.har").write_text(json.dumps(archive))


def save_persons(folder, header, rows):
    lines = [header, *(";".join(map(str, row)) for row in rows)]
    (folder / "ids.csv").write_text("".join(f"{line}\n" for line in lines))
