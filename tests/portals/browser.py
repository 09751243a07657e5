"""Debian's Chromium over WebDriver, and what passed a tap as an HTTP archive."""
import base64, json, subprocess, tempfile, time, urllib.error, urllib.request

from recording import TRUTH, free_port, wait
from tap import decoded, field

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--lang=fr", "--window-size=1600,1200"]


class Browser:
    def __init__(self):
        port = free_port()
        self.driver = subprocess.Popen(["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait(port)
        self.base, self.profile = f"http://127.0.0.1:{port}", tempfile.TemporaryDirectory()
        options = {"args": [*ARGUMENTS, f"--user-data-dir={self.profile.name}"], "prefs": {"download.default_directory": self.profile.name}}
        wanted = {"capabilities": {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options}}}
        self.session = self.ask("POST", "/session", wanted)["sessionId"]

    def ask(self, method, path, body=None):
        content = None if body is None and method != "POST" else json.dumps(body or {}).encode()
        request = urllib.request.Request(self.base + path, content, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.loads(answer.read())["value"]
        except urllib.error.HTTPError as error:
            raise LookupError(json.loads(error.read())["value"]["message"][:300]) from None

    def do(self, method, path, body=None):
        return self.ask(method, f"/session/{self.session}{path}", body)

    def go(self, url):
        self.do("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        return self.do("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def find(self, css, patience=30):
        """The element, once it is there."""
        end = time.monotonic() + patience
        while True:
            try:
                return self.do("POST", "/element", {"using": "css selector", "value": css})[ELEMENT]
            except LookupError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def click(self, css, patience=30):
        end = time.monotonic() + patience
        while True:
            try:
                return self.do("POST", f"/element/{self.find(css, patience)}/click")
            except LookupError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)

    def type(self, css, text, patience=30):
        self.do("POST", f"/element/{self.find(css, patience)}/value", {"text": text})

    def close(self):
        try:
            self.do("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()
            self.profile.cleanup()


def settle(tap, quiet=1.0, patience=30):
    """Waits until nothing has passed for a moment."""
    end, seen, since = time.monotonic() + patience, -1, time.monotonic()
    while time.monotonic() < end and time.monotonic() - since < quiet:
        if len(tap.exchanges) != seen:
            seen, since = len(tap.exchanges), time.monotonic()
        time.sleep(0.1)


def archive(base, exchanges, truth):
    """Entries as `recording` makes them. `truth` gets the request's target and content besides status, type and content."""
    entries = []
    for exchange in exchanges:
        method, target = exchange["first"].split(" ")[:2]
        asked = {"method": method, "url": base + target, "headers": []}
        if exchange["body"]:
            kind = field(exchange["fields"], "content-type") or ""
            asked["postData"] = {"mimeType": kind, "text": exchange["body"].decode("utf-8", "replace")}
        body, kind = (b"" if exchange["status"] == 101 else decoded(exchange)), field(exchange["answer_fields"], "content-type") or ""
        content = {"size": len(body), "mimeType": kind}
        try:
            content["text"] = body.decode("utf-8")
        except UnicodeDecodeError:
            content |= {"text": base64.b64encode(body).decode(), "encoding": "base64"}
        pairs = [{"name": name, "value": value} for name, value in exchange["answer_fields"]]
        status = exchange["status"]
        shown = sorted(truth(target, exchange["body"], kind, body)) if 200 <= status < 300 else []
        entries.append({"request": asked, "response": {"status": status, "headers": pairs, "content": content}, TRUTH: shown})
    return entries
