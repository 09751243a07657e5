"""Indico: registrations for a training course, as pages, JSON, CSV, XLSX, PDF and ZIP.

The program is the Python of `python3 -m venv FOLDER; FOLDER/bin/pip install indico` (3.2, Python 3.9 to 3.11). Needs Debian's
packages postgresql, redis-server and poppler-utils, which reads the PDF. Services and their files are in the folder, on
loopback; as root, PostgreSQL runs under its own account.

Persons are registrations: by row number in addresses and links, by e-mail in cells and texts. Each also has another
short number, counted within its course, in the first column: what is another thing's number there is a person's elsewhere.
"""
import glob, io, json, os, pathlib, random, re, shutil, subprocess, textwrap, time, urllib.parse, zipfile

import recording
from recording import FORM, Recorder, form, free_port, name_of, save, save_persons, stop, wait

COUNTS = {"Rentrée": 40, "Formation": 300}
CONFIGURATION = """
    SQLALCHEMY_DATABASE_URI = "postgresql://indico@127.0.0.1:@DATABASE@/indico"
    SECRET_KEY = "x" * 32
    BASE_URL = "http://127.0.0.1:@PUBLIC@"
    CELERY_BROKER = "redis://127.0.0.1:@REDIS@/0"
    REDIS_CACHE_URL = "redis://127.0.0.1:@REDIS@/1"
    DEFAULT_TIMEZONE = "Europe/Paris"
    DEFAULT_LOCALE = "fr_FR"
    CACHE_DIR = "@FOLDER@/cache"
    TEMP_DIR = "@FOLDER@/tmp"
    LOG_DIR = "@FOLDER@/log"
    STORAGE_BACKENDS = {"default": "fs:@FOLDER@/archive"}
    ATTACHMENT_STORAGE = "default"
    SYSTEM_NOTICES_URL = None
    NO_REPLY_EMAIL = SUPPORT_EMAIL = "assistance@exemple.fr"
    SMTP_SERVER = ("127.0.0.1", 9)
"""
FILL = """
    import io, json, sys
    from datetime import timedelta
    from indico.web.flask.app import make_app

    persons, counts, out = json.loads(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3]
    app = make_app()
    with app.app_context(), app.test_request_context():
        from indico.core.db import db
        from indico.modules.auth import Identity
        from indico.modules.categories import Category
        from indico.modules.events import Event
        from indico.modules.events.features.util import set_feature_enabled
        from indico.modules.events.models.events import EventType
        from indico.modules.events.registration.models.form_fields import RegistrationFormField
        from indico.modules.events.registration.models.forms import RegistrationForm
        from indico.modules.events.registration.models.registrations import Registration, RegistrationData
        from indico.modules.events.registration.util import create_personal_data_fields
        from indico.modules.users.operations import create_user
        from indico.util.date_time import now_utc

        identity = Identity(provider="indico", identifier="agent", password="motdepasse1")
        agent = create_user("agent@exemple.fr", {"first_name": "Sacha", "last_name": "Gestion", "affiliation": ""}, identity=identity)
        agent.is_admin = True
        db.session.flush()
        start, rows = now_utc(exact=False), []
        for title, count in counts.items():
            event = Event(type_=EventType.conference, category=Category.get_root(), title=title, creator=agent,
                          start_dt=start, end_dt=start + timedelta(days=2), timezone="Europe/Paris")
            db.session.flush()
            event.update_principal(agent, full_access=True)
            set_feature_enabled(event, "registration", True)
            form = RegistrationForm(event=event, title="Inscription", currency="EUR", start_dt=start)
            create_personal_data_fields(form)
            file = RegistrationFormField(parent=form.sections[0], registration_form=form, title="Justificatif", input_type="file")
            file.data, file.versioned_data = file.field_impl.process_field_data({})
            db.session.commit()
            fields = list(form.active_fields)
            for n in range(count):
                mail, family, given = persons.pop(0)
                with db.session.no_autoflush:
                    registration = Registration(registration_form=form, first_name=given, last_name=family, email=mail,
                                                base_price=0, currency="EUR", created_by_manager=True)
                    values = {"first_name": given, "last_name": family, "email": mail, "affiliation": "CFA Nord"}
                    for field in fields:
                        entry = RegistrationData(field_data=field.current_data)
                        registration.data.append(entry)
                        kind = field.personal_data_type.name if getattr(field, "personal_data_type", None) else ""
                        if field.input_type != "file":
                            entry.data = values.get(kind, field.field_impl.default_value)
                    registration.sync_state(_skip_moderation=True)
                    db.session.add(registration)
                db.session.flush()
                if n % 3 == 0:
                    entry = next(entry for entry in registration.data if entry.field_data.field == file)
                    entry.filename, entry.content_type = "attestation.txt", "text/plain"
                    entry.save(io.BytesIO(f"Attestation de {given} {family}, {mail}".encode()))
                rows.append((registration.id, mail, family, given))
        db.session.commit()
        open(out, "w").write(json.dumps(rows))
"""
SERVE = """
    import sys
    from indico.web.flask.app import make_app
    from werkzeug.serving import run_simple

    run_simple("127.0.0.1", int(sys.argv[1]), make_app(), threaded=True)
"""
MAIL = re.compile(r"[a-z]+\.[a-z]+\.\d+@exemple\.fr")
COURSE = "/event/2/manage/registration/2"
PEOPLE = f"{COURSE}/registrations"


def record(folder, python):
    draw, files = random.Random(23), folder / "indico"
    shutil.rmtree(files, ignore_errors=True)
    for part in ("cache", "tmp", "log", "archive"):
        (files / part).mkdir(parents=True)
    ports = {"PORT": free_port(), "DATABASE": free_port(), "REDIS": free_port()}
    # It answers to its public address only.
    text = textwrap.dedent(CONFIGURATION).replace("@FOLDER@", str(files)).replace("@PUBLIC@", str(recording.front(ports["PORT"])))
    for name, port in ports.items():
        text = text.replace(f"@{name}@", str(port))
    (files / "indico.conf").write_text(text)
    environment = dict(os.environ, INDICO_CONFIG=str(files / "indico.conf"))
    # Redis keeps the session and the choices of lists.
    redis = ["redis-server", "--port", str(ports["REDIS"]), "--bind", "127.0.0.1", "--save", "", "--dir", files]
    services = [serve_database(files, ports["DATABASE"]), subprocess.Popen(redis, stdout=subprocess.DEVNULL)]
    try:
        wait(ports["REDIS"])
        rows = fill(files, python, environment)
        save_persons(folder, "id;courriel;compte;nom;prenom", ((id_, mail, mail.split("@")[0], *name) for id_, mail, *name in rows))
        command = [python, "-c", textwrap.dedent(SERVE), str(ports["PORT"])]
        services.append(subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        wait(ports["PORT"])
        recorder = Recorder(ports["PORT"], truth_of(rows), {"Accept-Language": "fr"})
        first = sign_in(recorder)
        for name, rounds in (("learn", 5), ("held", 12)):
            entries = first + [recorder.record(path) for path in FIXED]
            token = token_of(recorder.ask(f"{PEOPLE}/")[2])
            for _ in range(rounds):
                entries += session(recorder, draw, rows, token)
            draw.shuffle(entries)
            save(folder, name, entries)
    finally:
        for service in reversed(services):
            stop(service)


def serve_database(files, port):
    binaries = pathlib.Path(sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1])
    user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
    data = files / "database"
    data.mkdir()
    if user:
        shutil.chown(data, "postgres", "postgres")
    subprocess.run([binaries / "initdb", "-D", data, "-A", "trust", "-U", "indico"], check=True, cwd="/", stdout=subprocess.DEVNULL, **user)
    options = ["-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={data}", "-c", "fsync=off"]
    command = [binaries / "postgres", "-D", data, "-p", str(port), *options]
    service = subprocess.Popen(command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **user)
    wait(port)
    for _ in range(100):
        if subprocess.run(["psql", "-h", "127.0.0.1", "-p", str(port), "-U", "indico", "-d", "postgres", "-qc", "create database indico"],
                          stderr=subprocess.DEVNULL).returncode == 0:
            break
        time.sleep(0.2)
    return service


def fill(files, python, environment):
    database = re.search(r"postgresql://[^\"]+", (files / "indico.conf").read_text())[0]
    subprocess.run(["psql", database, "-qc", "create extension unaccent", "-c", "create extension pg_trgm"], check=True)
    indico = [pathlib.Path(python).parent / "indico", "db", "prepare"]
    subprocess.run(indico, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    persons = []
    for n in range(sum(COUNTS.values())):
        family, given = name_of(n)
        mail = f"{given}.{family}.{n}@exemple.fr".lower().translate(str.maketrans("éèë", "eee"))
        persons.append((mail, family, given))
    command = [python, "-c", textwrap.dedent(FILL), json.dumps(persons), json.dumps(COUNTS), files / "rows.json"]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return json.loads((files / "rows.json").read_text())


FIXED = [
    "/", "/user/dashboard/", "/category/0/", "/event/2/", "/event/2/manage/", "/event/2/manage/registration/", f"{COURSE}/",
    f"{COURSE}/form/", f"{COURSE}/stats/", f"{COURSE}/invitations/", "/event/2/registrations/", "/event/2/registrations/2/",
    "/event/2/manage/logs/", "/admin/users/", "/images/indico.ico", "/assets/i18n/fr_FR.js", "/event/2/manage/protection",
    f"{PEOPLE}/999999/", "/user/search/?last_name=Zzzz", "/event/2/registrations/participants",
]


def token_of(page):
    return re.search(rb'id="csrf-token" content="([^"]+)"', page)[1].decode()


def sign_in(recorder):
    page = recorder.record("/login/")
    fields = form(identifier="agent", password="motdepasse1", _provider="indico",
                  csrf_token=token_of(page["response"]["content"]["text"].encode()))
    entry = recorder.record("/login/", "POST", fields, FORM)
    assert entry["response"]["status"] == 302, "signed in"
    return [page, entry]


def session(recorder, draw, rows, token):
    get = recorder.record
    of_course = rows[COUNTS["Rentrée"]:]
    person = lambda: draw.choice(of_course)[0]
    some = lambda count: [("registration_id", row[0]) for row in draw.sample(of_course, count)]
    post = lambda path, fields: get(path, "POST", urllib.parse.urlencode([("csrf_token", token), *fields]).encode(), FORM)
    json_headers = {"X-Requested-With": "XMLHttpRequest", "X-CSRF-Token": token}
    entries = [
        get(f"{PEOPLE}/"), get(f"{PEOPLE}/{person()}/"), get(f"{PEOPLE}/{person()}/"),
        get(f"{PEOPLE}/customize", headers=json_headers), get("/event/1/manage/registration/1/registrations/"),
        get(f"/event/1/manage/registration/1/registrations/{draw.choice(rows[:COUNTS['Rentrée']])[0]}/"),
        get(f"{PEOPLE}/{person()}/edit"), get(f"/event/2/manage/logs/api/logs?page={draw.randrange(1, 4)}", headers=json_headers),
    ]
    for kind, count in (("registrations.csv", 25), ("registrations.xlsx", 25), ("table.pdf", 15), ("book.pdf", 6), ("attachments", 12)):
        entries.append(post(f"{PEOPLE}/{kind}", some(count)))
    entries.append(post(f"{PEOPLE}/email", some(4)))
    one = person()
    entries.append(get(f"{PEOPLE}/{one}/check-in", "PUT", b"", json_headers))
    entries.append(get(f"{PEOPLE}/{one}/check-in", "DELETE", b"", json_headers))
    entries.append(get(f"{PEOPLE}/{one}/"))
    return entries


def truth_of(rows):
    by_mail, known = {row[1]: str(row[0]) for row in rows}, {str(row[0]) for row in rows}
    names = {name: str(row[0]) for row in rows for name in (f"{row[3]} {row[2]}", f"{row[2]}, {row[3]}", f"{row[2]} {row[3]}")}
    any_name = re.compile(r"\b(?:%s)\b" % "|".join(map(re.escape, sorted(names, key=len, reverse=True))))

    def truth(_status, kind, body):
        if "pdf" in kind:
            body = subprocess.run(["pdftotext", "-layout", "-", "-"], input=body, capture_output=True, check=True).stdout
            text = body.decode()
        elif "zip" in kind or "spreadsheet" in kind:
            with zipfile.ZipFile(io.BytesIO(body)) as archive:
                text = "\n".join(f"{name}\n{archive.read(name).decode('utf-8', 'replace')}" for name in archive.namelist())
        else:
            text = body.decode("utf-8", "replace").replace("\\/", "/")
        found = {by_mail[mail] for mail in MAIL.findall(text.lower()) if mail in by_mail}
        found |= {names[name] for name in any_name.findall(text)}
        found |= set(re.findall(r"/registration/\d+/registrations/(\d+)/", text)) | set(re.findall(r'name="registration_id" value="(\d+)"', text))
        return found & known

    return truth
