"""Takes pictures of written pages. See `look`."""

import base64
import functools
import http.server
import json
import pathlib
import subprocess
import sys
import threading
import urllib.request

ASSETS = pathlib.Path(__file__).parent.parent / "crates/digue-pages/assets"
WIDTHS = {"desktop": (1440, 900), "telephone": (390, 844)}
HEIGHT_MAX = 3000


class Pages(http.server.SimpleHTTPRequestHandler):
    """The pages of one reader, with the style sheet, the typeface and the scripts of the console."""

    def translate_path(self, path):
        place = path.split("?")[0]
        if place.startswith("/.digue/assets/"):
            return str(ASSETS / place.rsplit("/", 1)[1])
        return super().translate_path(path)

    def log_message(self, *_):
        pass


class Browser:
    """Chromium over WebDriver, with its development protocol."""

    def __init__(self, port):
        self.address = f"http://127.0.0.1:{port}"
        self.driver = subprocess.Popen(["chromedriver", f"--port={port}"], stdout=subprocess.PIPE, text=True)
        for line in self.driver.stdout:
            if "successfully" in line:
                break
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        capabilities = {"browserName": "chrome", "goog:chromeOptions": {"args": arguments}}
        answer = self.ask("/session", {"capabilities": {"alwaysMatch": capabilities}})
        self.session = f"/session/{answer['sessionId']}"

    def ask(self, path, body):
        request = urllib.request.Request(self.address + path, json.dumps(body).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def command(self, name, **values):
        return self.ask(f"{self.session}/goog/cdp/execute", {"cmd": name, "params": values})

    def value(self, script):
        return self.ask(f"{self.session}/execute/sync", {"script": f"return {script}", "args": []})

    def picture(self, address, size, theme, file):
        width, height = size
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 700)
        self.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
        self.ask(f"{self.session}/url", {"url": address})
        self.ask(f"{self.session}/execute/async", {"script": "document.fonts.ready.then(arguments[0])", "args": []})
        tall = min(self.value("document.documentElement.scrollHeight"), HEIGHT_MAX)
        clip = {"x": 0, "y": 0, "width": width, "height": tall, "scale": 1}
        data = self.command("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)["data"]
        file.write_bytes(base64.b64decode(data))
        over = self.value("document.documentElement.scrollWidth - innerWidth")
        if over > 0:
            print(f"{file}: {over} pixels wider than its window")


def main():
    folder = pathlib.Path(sys.argv[1])
    reader = folder / (sys.argv[2] if len(sys.argv) > 2 else "fr-rssi")
    wanted = sys.argv[3:] or sorted(page.stem for page in reader.glob("*.html"))
    handler = functools.partial(Pages, directory=str(reader))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    browser = Browser(9_515)
    try:
        for page in wanted:
            address = f"http://127.0.0.1:{server.server_port}/{page}.html"
            for name, size in WIDTHS.items():
                browser.picture(address, size, "light", reader / f"{page}-{name}.png")
            browser.picture(address, WIDTHS["desktop"], "dark", reader / f"{page}-dark.png")
    finally:
        browser.driver.terminate()


if __name__ == "__main__":
    main()
