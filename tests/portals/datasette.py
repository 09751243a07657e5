"""Datasette, with identifiers that tell by themselves (`P0042`) or with row numbers (`42`). Needs: datasette."""
import csv, io, json, random, re, sqlite3, subprocess

from recording import Recorder, free_port, name_of, save, save_persons, wait

PERSONS = 600
FIRST = ["/", "/data", "/-/static/app.css", "/-/static/table.js", "/-/versions.json", "/data/persons?town=nowhere",
         "/data/persons.json?town=nowhere", "/data/persons/P9999X", "/data/persons?town=Pau",
         "/data/persons.json?town=Pau&_shape=array"]


def record(folder, style="letters", program="datasette"):
    draw = random.Random(7)
    ids = [f"P{n:04}" if style == "letters" else str(n) for n in range(1, PERSONS + 1)]
    fill(folder / "data.db", ids, style, draw)
    save_persons(folder, "id;nom;prenom", [(id_, *name_of(n)) for n, id_ in enumerate(ids)])
    port = free_port()
    command = [program, "serve", str(folder / "data.db"), "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait(port)
        recorder = Recorder(port, truth_of(set(ids), style))
        for name, rounds in (("learn", 8), ("held", 20)):
            paths = FIRST + [path for _ in range(rounds) for path in session(draw, ids)]
            draw.shuffle(paths)
            save(folder, name, [recorder.record(path) for path in paths])
    finally:
        process.terminate()
        process.wait()


def fill(path, ids, style, draw):
    path.unlink(missing_ok=True)
    database = sqlite3.connect(path)
    kind = "text" if style == "letters" else "integer"
    database.execute(f"create table persons (id {kind} primary key, family text, given text, town text, note text)")
    database.execute("create table orders (number text primary key, amount real, day text, person references persons(id))")
    for n, id_ in enumerate(ids):
        is_cited = n % 40 == 0 and style == "letters"
        note = f"voir {ids[(n + 3) % PERSONS]}" if is_cited else "appel le 12/03/2026 au 06 12 34 56 78"
        row = (id_, *name_of(n), draw.choice(["Évreux", "Lyon", "Pau"]), note)
        database.execute("insert into persons values (?,?,?,?,?)", row)
    for n in range(900):
        row = (f"CMD-{20260000 + n}", round(draw.random() * 500, 2), f"2026-0{1 + n % 9}-1{n % 10}", draw.choice(ids))
        database.execute("insert into orders values (?,?,?,?)", row)
    database.commit()
    database.close()


def session(draw, ids):
    person, order = (lambda: draw.choice(ids)), (lambda: f"CMD-{20260000 + draw.randrange(800)}")
    return [
        f"/data/persons?_size={draw.choice([10, 20, 50, 100])}&_next={person()}",
        f"/data/persons.json?_size=40&_next={person()}",
        f"/data/persons.json?_shape=objects&_size=25&_next={person()}",
        f"/data/persons.csv?_size=30&_next={person()}",
        f"/data/persons/{person()}",
        f"/data/persons/{person()}.json",
        f"/data/orders.json?_size=30&_shape=objects&_next={order()}",
        f"/data/orders?_size=20&_next={order()}",
        f"/data/orders/{order()}",
    ]


def truth_of(known, style):
    def by_letters(_status, _kind, body):
        return set(re.findall(r"\bP\d{4}\b", body.decode("utf-8", "replace"))) & known

    def by_row(_status, kind, body):
        text = body.decode("utf-8", "replace")
        if "json" in kind:
            return in_rows(json.loads(text)) & known
        if "csv" in kind or "plain" in kind:
            return {row["id"] for row in csv.DictReader(io.StringIO(text)) if "family" in row}
        cells = re.findall(r'<td class="col-(?:id|person)[^"]*">\s*(\d+)\s*<', text)
        return (set(cells) | set(re.findall(r'/data/persons/(\d+)"', text))) & known

    return by_letters if style == "letters" else by_row


def in_rows(data):
    rows = data.get("rows", []) if isinstance(data, dict) else data
    columns = data.get("columns", []) if isinstance(data, dict) else []
    found = set()
    for row in rows:
        fields = row if isinstance(row, dict) else dict(zip(columns, row)) if isinstance(row, list) else {}
        value = fields.get("id") if "family" in fields else fields.get("person")
        found.add(str(value["value"] if isinstance(value, dict) else value))
    return found
