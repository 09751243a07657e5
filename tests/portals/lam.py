"""LDAP Account Manager, a PHP application: users of a directory, as pages, forms, JSON, CSV, LDIF and PDF.

Needs Debian's packages: ldap-account-manager, slapd, php-cli, php-ldap, php-zip, php-gd, php-gmp, and poppler-utils, which
reads the PDF. Directory and application are copies in the folder: nothing of the system's is changed.

Persons are users: by login (`adam.bernard.163`), in links and ids of elements also percent-encoded and in base64 within
their distinguished name, in an export by their number. Nearly all the application's requests are POST, also those that only read.
"""
import base64, html, os, random, re, shutil, subprocess, urllib.parse

from recording import FORM, Recorder, form, free_port, name_of, save, save_persons, stop, wait

PERSONS, PASSWORD = 300, "motdepasse1"
SITE = "/usr/share/ldap-account-manager"
SUFFIX = "dc=exemple,dc=fr"
SLAPD = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile @FOLDER@/slapd.pid
sizelimit unlimited
database mdb
suffix "dc=exemple,dc=fr"
rootdn "cn=agent,dc=exemple,dc=fr"
rootpw motdepasse1
directory @FOLDER@/ldap
index objectClass,uid eq
"""
BASE = """
dn: dc=exemple,dc=fr
objectClass: dcObject
objectClass: organization
dc: exemple
o: Exemple

dn: ou=personnes,dc=exemple,dc=fr
objectClass: organizationalUnit
ou: personnes

dn: ou=groupes,dc=exemple,dc=fr
objectClass: organizationalUnit
ou: groupes
"""
LOGIN = re.compile(r"\b[a-z]+\.[a-z]+\.\d+\b")
NUMBER = re.compile(r"\b1\d{4}\b")
ENCODED = re.compile(r"(?:[A-Za-z0-9+/]{4}){4,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
USERS, AJAX, TREE = "/templates/lists/list.php?type=user", "/templates/misc/ajax.php?function=", "treeview&command="
BOUNDARY = "----portail"
GROUPS = ("nord", "sud", "est")


def record(folder, program=None):
    draw = random.Random(17)
    rows = [(login(n), str(10001 + n), *name_of(n)) for n in range(PERSONS)]
    save_persons(folder, "login;numero;nom;prenom", rows)
    directory, port = free_port(), free_port()
    services = [serve_directory(folder, rows, directory), serve_application(folder, directory, port, program or "php")]
    try:
        wait(directory)
        wait(port)
        recorder = Recorder(port, truth_of(rows), {"Accept-Language": "fr"})
        for name, rounds in (("learn", 6), ("held", 14)):
            entries = sign_in(recorder)
            token = token_of(recorder.ask(USERS)[2])
            for path in FIXED:
                entries.append(recorder.record(path))
            for _ in range(rounds):
                entries += session(recorder, draw, rows, token)
            draw.shuffle(entries)
            save(folder, name, entries)
    finally:
        for service in services:
            stop(service)


def login(n):
    family, given = name_of(n)
    return f"{given}.{family}.{n}".lower().translate(str.maketrans("éèë", "eee"))


def serve_directory(folder, rows, port):
    shutil.rmtree(folder / "ldap", ignore_errors=True)
    (folder / "ldap").mkdir()
    (folder / "slapd.conf").write_text(SLAPD.replace("@FOLDER@", str(folder)))
    parts = [BASE.strip()]
    for login_, number, family, given in rows:
        parts.append(
            f"dn: {dn(login_)}\nobjectClass: inetOrgPerson\nobjectClass: posixAccount\nobjectClass: shadowAccount\n"
            f"uid: {login_}\ncn:: {base64.b64encode(f'{given} {family}'.encode()).decode()}\nsn: {family}\n"
            f"givenName:: {base64.b64encode(given.encode()).decode()}\nmail: p{number}@exemple.fr\nuidNumber: {number}\n"
            f"gidNumber: 30000\nhomeDirectory: /home/{number}")
    for n, group in enumerate(GROUPS):
        members = "".join(f"\nmemberUid: {row[0]}" for row in rows[n::20])
        parts.append(f"dn: cn={group},ou=groupes,{SUFFIX}\nobjectClass: posixGroup\ncn: {group}\ngidNumber: {30000 + n}{members}")
    (folder / "base.ldif").write_text("\n\n".join(parts) + "\n")
    subprocess.run(["slapadd", "-f", folder / "slapd.conf", "-l", folder / "base.ldif"], check=True, stderr=subprocess.DEVNULL)
    command = ["slapd", "-f", folder / "slapd.conf", "-h", f"ldap://127.0.0.1:{port}/", "-d", "0"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def serve_application(folder, directory, port, php):
    site = folder / "site"
    shutil.rmtree(site, ignore_errors=True)
    shutil.copytree(SITE, site, ignore=shutil.ignore_patterns("docs"))
    for part in ("config", "sess", "tmp"):
        if (site / part / "lam.conf").exists():
            (site / part / "lam.conf").unlink()
    settings = (site / "config/unix.sample.conf").read_text()
    for old, new in {
        "ldap://localhost:389": f"ldap://127.0.0.1:{directory}", "cn=Manager,dc=my-domain,dc=com": f"cn=agent,{SUFFIX}",
        "ou=People,dc=my-domain,dc=com": f"ou=personnes,{SUFFIX}", "ou=group,dc=my-domain,dc=com": f"ou=groupes,{SUFFIX}",
        "dc=yourdomain,dc=org": SUFFIX, "en_GB": "fr_FR",
    }.items():
        settings = settings.replace(old, new)
    (site / "config/lam.conf").write_text(settings)
    general = site / "config/config.cfg"
    general.write_text(general.read_text().replace("logDestination: SYSLOG", "logDestination: NONE"))
    command = [php, "-d", "memory_limit=512M", "-S", f"127.0.0.1:{port}", "-t", site]
    # Four workers, as the pages ask for several things at once.
    environment = dict(os.environ, PHP_CLI_SERVER_WORKERS="4")
    return subprocess.Popen(command, cwd=site, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


FIXED = [
    "/templates/main.php", "/style/100_lam.1679659841.min.css", "/graphics/logo24.png",
    "/templates/lib/100_lam.1679659841.min.js", "/graphics/pdf.svg", "/templates/tools/treeView.php",
    "/templates/tools/serverInfo.php", "/templates/upload/masscreate.php", "/templates/tools/multiEdit.php",
    "/templates/help.php?module=inetOrgPerson&HelpNumber=givenName&scope=user", "/templates/schema/schema.php",
    "/templates/account/edit.php?type=user", "/templates/tools/importexport.php?tab=export",
]


def dn(login_):
    return f"uid={login_},ou=personnes,{SUFFIX}"


def in_base64(text):
    return base64.b64encode(text.encode()).decode()


def token_of(page):
    return re.search(rb'name="sec_token"[^>]*value="([^"]+)"', page)[1].decode()


def sign_in(recorder):
    first = recorder.record("/templates/login.php")
    fields = form(username=f"cn=agent,{SUFFIX}", passwd=PASSWORD, checklogin="", language="fr_FR.utf8")
    entry = recorder.record("/templates/login.php", "POST", fields, FORM)
    assert entry["response"]["status"] == 302, "signed in"
    return [first, entry]


def session(recorder, draw, rows, token):
    """What an agent does in a quarter of an hour."""
    post = lambda path, **fields: recorder.record(path, "POST", form(sec_token=token, **fields), FORM)
    get, person = recorder.record, lambda: draw.choice(rows)
    sort = f"{USERS}&norefresh=true&sort={draw.choice(['uid', 'sn'])}&sortdirection={draw.choice([1, -1])}"
    entries = [get(USERS), get(f"{USERS}&norefresh=true&page={draw.randrange(1, 11)}&sort=uid&sortdirection=1"), get(sort)]
    entries.append(post(f"{USERS}&norefresh=true", apply_filter="", filtersn=person()[2], filteruid=""))
    entries.append(post(f"{USERS}&norefresh=true", apply_filter="", filtersn="zzzz", filteruid=""))
    entries.append(post(f"{USERS}&norefresh=true", apply_filter="", filtersn="", filteruid=""))
    one = person()
    entries.append(get(f"/templates/account/edit.php?type=user&DN={urllib.parse.quote(dn(one[0]), safe='')}"))
    page = recorder.ask(f"/templates/account/edit.php?type=user&DN={urllib.parse.quote(dn(one[0]), safe='')}")[2].decode()
    entries += edit(recorder, page)
    entries += deletion(recorder, person(), token)
    entries += pdf(recorder, person(), token)
    entries.append(get("/templates/lists/list.php?type=group"))
    group = urllib.parse.quote(f"cn={draw.choice(GROUPS)},ou=groupes,{SUFFIX}", safe="")
    entries.append(get(f"/templates/account/edit.php?type=group&DN={group}"))
    for command, of in (("getNodes", f"ou=personnes,{SUFFIX}"), ("getNodes", f"ou=groupes,{SUFFIX}"),
                        ("getNodeContent", dn(person()[0])), ("getNodeContent", f"cn={GROUPS[0]},ou=groupes,{SUFFIX}")):
        entries.append(post(f"{AJAX}{TREE}{command}", dn=in_base64(of)))
    entries.append(post(f"{AJAX}{TREE}searchResults", dn=in_base64(f"ou=personnes,{SUFFIX}"), scope="sub",
                        format=draw.choice(["list", "table"]), filter=f"(sn={person()[2]})", attributes="uid, sn, mail"))
    for style, attributes in (("csv", "uid,sn,givenName"), ("csv", "uidNumber,sn,givenName"), ("ldif", "")):
        entries += export(recorder, f"(sn={person()[2]})", style, attributes, token)
    return entries


def edit(recorder, page):
    """Another tab of the record page: the page as a form, as the browser sends it."""
    value_of = lambda tag: (re.search(r'value="([^"]*)"', tag) or ("", ""))[1]
    tags = re.findall(r'<input type="(?:text|hidden)"[^>]*>|<textarea[^>]*>', page)
    fields = {name[1]: html.unescape(value_of(tag)) for tag in tags if (name := re.search(r' name="([^"]+)"', tag))}
    fields["form_main_posixAccount"] = ""
    action = re.search(r'action="(edit\.php\?editKey=\w+)"', page)[1]
    parts = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()]
    body = "".join([*parts, f"--{BOUNDARY}--\r\n"]).encode()
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    return [recorder.record(f"/templates/account/{action}", "POST", body, kind)]


def deletion(recorder, row, token):
    """Asked for and not confirmed."""
    path = f"/templates/lists/deletelink.php?type=user&DN='{urllib.parse.quote(dn(row[0]), safe='')}'"
    entries = [recorder.record(path), recorder.record("/templates/delete.php?type=user")]
    entries.append(recorder.record("/templates/delete.php?type=user", "POST", form(sec_token=token, cancel="", type="user"), FORM))
    return entries


def pdf(recorder, row, token):
    name = in_base64(dn(row[0]))
    dialog = recorder.record(USERS, "POST", form(sec_token=token, **{f"createPDF_{name}": ""}), FORM)
    wanted = form(sec_token=token, pdf_structure="default", pdf_font="DejaVuSerif", createFor="DN", clickedAccount=name, createPDFok="")
    page = recorder.record(USERS, "POST", wanted, FORM)
    file = re.search(r"window\.open\('(?:\.\./)*([^']+\.pdf)'", page["response"]["content"]["text"])
    return [dialog, page, recorder.record("/" + file[1])]


def export(recorder, filter_, style, attributes, token):
    fields = {"sec_token": token, "baseDn": f"ou=personnes,{SUFFIX}", "searchScope": "sub", "filter": filter_,
              "attributes": attributes, "format": style, "ending": "unix", "saveAsFile": "on", "submitExport": ""}
    page = recorder.record("/templates/tools/importexport.php?tab=export", "POST", form(**fields), FORM)
    fields |= {"saveAsFile": "true", "includeSystem": "false"}
    answer = recorder.record(AJAX + "export", "POST", form(**fields), FORM)
    file = re.search(r"tmp\\?/[^\"'\\]+\.\w+", answer["response"]["content"]["text"])
    return [page, answer, recorder.record("/" + file[0].replace("\\", ""))]


def truth_of(rows):
    logins, numbers = {row[0] for row in rows}, {row[1]: row[0] for row in rows}
    by_names = {row[2:]: row[0] for row in rows}

    def truth(_status, kind, body):
        if "pdf" in kind:
            body = subprocess.run(["pdftotext", "-", "-"], input=body, capture_output=True, check=True).stdout
        # A line of LDIF goes on in the next one after a space.
        text = body.decode("utf-8", "replace").replace("\n ", "")
        decoded = [text, urllib.parse.unquote(text)]
        decoded += [base64.b64decode(part).decode("utf-8", "replace") for part in ENCODED.findall(text)]
        found = {login_ for part in decoded for login_ in LOGIN.findall(part) if login_ in logins}
        # The record page: the names are in fields, the login is on another tab.
        fields = dict(re.findall(r'name="(sn|givenName)"[^>]*?value="([^"]*)"', text))
        found |= {by_names[names] for names in [(fields.get("sn"), html.unescape(fields.get("givenName", "")))] if names in by_names}
        if text.startswith('"uidNumber"') or '"dn","uidNumber"' in text:
            found |= {numbers[number] for number in NUMBER.findall(text) if number in numbers}
        return found

    return truth
