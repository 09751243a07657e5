"""Tryton, a single-page application in a real browser: all data by JSON-RPC, POST to one address, the method in the content.

Needs Debian's packages: tryton-server, tryton-sao, tryton-modules-party (6.0), chromium, chromium-driver. The program is the
Python that Debian's packages are for.

Persons are parties of the module `party`: by row number and by code, a number, too, in JSON; as names alone in exports; a report
(labels) is an OpenDocument text within JSON. Names of organisations and numbers of other things are beside them.
"""
import base64, io, json, os, random, re, subprocess, textwrap, zipfile

import browser, recording
from recording import free_port, name_of, save, save_persons, stop, wait

PERSONS, PASSWORD, DATABASE = 300, "motdepasse1", "portail"
CONFIGURATION = """
    [database]
    uri = sqlite://
    path = @FOLDER@
    [web]
    listen = 127.0.0.1:@PORT@
    root = /usr/share/tryton-sao/www
    [session]
    timeout = 86400
"""
FILL = """
    import json, sys
    from trytond.config import config
    config.update_etc(sys.argv[1])
    from trytond.pool import Pool
    from trytond.transaction import Transaction

    Pool.start()
    pool = Pool("portail")
    pool.init()
    with Transaction().start("portail", 1, context={"language": "fr"}) as transaction:
        language, = pool.get("ir.lang").search([("code", "=", "fr")])
        language.translatable = True
        language.save()
        user = pool.get("res.user")(1)
        user.language = language
        user.save()
        party = pool.get("party.party")
        # Others come first, so that number and code differ.
        party.create([{"name": f"Organisme {n}", "code": f"O{n}"} for n in range(40)])
        names = json.loads(sys.argv[2])
        parties = party.create([{
            "name": name, "lang": language.id,
            "contact_mechanisms": [("create", [{"type": "email", "value": f"p{n}@exemple.fr"}, {"type": "phone", "value": f"+33320{n:06}"}])],
            "addresses": [("create", [{"street": f"{n} rue de la Digue", "postal_code": "59000", "city": "Lille"}])],
        } for n, name in enumerate(names)])
        transaction.commit()
        json.dump([(party.id, party.code) for party in parties], open(sys.argv[3], "w"))
"""
# As the application itself asks, by its own client: what its dialogues for exports and reports send in the end.
CALL = """
    Sao.rpc({method: arguments[0], params: arguments[1].concat([Sao.Session.current_session.context])}, Sao.Session.current_session);
"""


def record(folder, python="/usr/bin/python3"):
    draw, files, port = random.Random(31), folder / "tryton", free_port()
    subprocess.run(["rm", "-rf", files], check=True)
    files.mkdir()
    settings = textwrap.dedent(CONFIGURATION).replace("@FOLDER@", str(files)).replace("@PORT@", str(port))
    (files / "trytond.conf").write_text(settings)
    (files / "password").write_text(PASSWORD)
    (files / f"{DATABASE}.sqlite").touch()
    environment = dict(os.environ, TRYTONPASSFILE=str(files / "password"))
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    options = ["-c", files / "trytond.conf"]
    update = ["-d", DATABASE, "--all", "--activate-dependencies", "-u", "ir", "res", "party", "--email", "a@exemple.fr", "-l", "fr"]
    subprocess.run([python, "/usr/bin/trytond-admin", *options, *update], env=environment, check=True, **quiet)
    names = ["{} {}".format(*name_of(n)) for n in range(PERSONS)]
    command = [python, "-c", textwrap.dedent(FILL), files / "trytond.conf", json.dumps(names), files / "rows.json"]
    subprocess.run(command, check=True, **quiet)
    numbers = json.loads((files / "rows.json").read_text())
    rows = [(str(number), code, *name_of(n)) for n, (number, code) in enumerate(numbers)]
    save_persons(folder, "id;code;nom;prenom", rows)
    service = subprocess.Popen([python, "/usr/bin/trytond", *options], **quiet)
    try:
        wait(port)
        tap = recording.tap(port)
        for name, rounds in (("learn", 4), ("held", 8)):
            start = len(tap.exchanges)
            session(tap, f"http://127.0.0.1:{tap.port}/", draw, rows, rounds)
            save(folder, name, browser.archive(f"http://127.0.0.1:{port}", tap.exchanges[start:], truth_of(rows)))
    finally:
        stop(service)


def session(tap, base, draw, rows, rounds):
    window = browser.Browser()
    try:
        window.go(f"{base}#{DATABASE}")
        window.type("#login", "admin")
        browser.settle(tap, 0.5)
        window.click(".modal-footer button[type=submit]")
        window.type(".modal input[type=password]", PASSWORD)
        window.click(".modal.in button.btn-primary")
        # The menu comes once the session is open.
        window.find("#menu > *")
        browser.settle(tap)
        for _ in range(rounds):
            row = draw.choice(rows)
            window.go(f'{base}#{DATABASE}/model/party.party;name="Tiers"')
            browser.settle(tap)
            for text in (row[2], "zzzz"):
                window.run("for (const b of document.querySelectorAll('#tablist .close')) b.click();")
                window.go(f'{base}#{DATABASE}/model/party.party;name="Tiers";search_value={json.dumps([["rec_name", "ilike", f"%{text}%"]])}')
                browser.settle(tap)
            for _ in range(3):
                window.go(f'{base}#{DATABASE}/model/party.party/{draw.choice(rows)[0]};name="Tiers"')
                browser.settle(tap)
            some = [int(each[0]) for each in draw.sample(rows, 20)]
            window.run(CALL, "model.party.party.export_data", [some, ["code", "name", "lang.name"]])
            window.run(CALL, "report.party.label.execute", [some[:5], {"model": "party.party", "id": some[0], "ids": some[:5]}])
            window.run(CALL, "model.party.contact_mechanism.search_read", [[["party", "=", some[0]]], 0, 10, None, ["party", "value", "party.rec_name"]])
            browser.settle(tap)
            window.run("for (const b of document.querySelectorAll('#tablist .close')) b.click();")
            window.go(f"{base}#{DATABASE}/")
    finally:
        window.close()


def truth_of(rows):
    known, names = {row[0] for row in rows}, {f"{row[2]} {row[3]}": row[0] for row in rows}
    any_name = re.compile(r"\b(?:%s)\b" % "|".join(map(re.escape, sorted(names, key=len, reverse=True))))

    def truth(_target, asked, kind, body):
        if "json" not in kind or not asked:
            return set()
        method, result = json.loads(asked).get("method", ""), json.loads(body).get("result")
        found = {names[name] for text in texts(result) for name in any_name.findall(text)}
        if method.startswith("model.party.party."):
            of_parties = result if isinstance(result, list) else []
            found |= {str(each.get("id") if isinstance(each, dict) else each) for each in of_parties if isinstance(each, (dict, int))}
        return (found | {str(number) for number in under(result, "party")}) & known

    return truth


def texts(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict) and "base64" in value:
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(value["base64"]))) as archive:
            yield archive.read("content.xml").decode()
    elif isinstance(value, (dict, list)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from texts(part)


def under(value, name):
    if isinstance(value, dict):
        if isinstance(value.get(name), int):
            yield value[name]
        for part in value.values():
            yield from under(part, name)
    elif isinstance(value, list):
        for part in value:
            yield from under(part, name)
