"""Django's own administration of users, with the exports of django-import-export. Needs: django, django-import-export.

Persons are the users: by row number in addresses, by name and login in cells.
"""
import os, random, re, subprocess, textwrap

from recording import FAMILIES, FORM, GIVEN, Recorder, form, free_port, save, wait

SETTINGS = """
    SECRET_KEY = "x"
    DEBUG = True
    ALLOWED_HOSTS = ["*"]
    ROOT_URLCONF = "urls"
    USE_TZ = True
    STATIC_URL = "/static/"
    LANGUAGE_CODE = "fr"
    DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
    INSTALLED_APPS = ["django.contrib." + name for name in
                      ("admin", "auth", "contenttypes", "sessions", "messages", "staticfiles")] + ["import_export"]
    MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.common.CommonMiddleware",
                  "django.middleware.csrf.CsrfViewMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware",
                  "django.contrib.messages.middleware.MessageMiddleware"]
    TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {
        "context_processors": ["django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
                               "django.contrib.messages.context_processors.messages"]}}]
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "@DATABASE@"}}
"""
URLS = """
    from django.contrib import admin
    from django.contrib.admin.models import LogEntry
    from django.contrib.auth.admin import UserAdmin
    from django.contrib.auth.models import User
    from django.urls import path
    from import_export import resources
    from import_export.admin import ExportMixin

    class UserResource(resources.ModelResource):
        class Meta:
            model = User
            fields = ("id", "username", "last_name", "first_name", "email")

    class Users(ExportMixin, UserAdmin):
        resource_classes = [UserResource]
        list_per_page = 40

    class Log(admin.ModelAdmin):
        list_display = ("id", "action_time", "user", "object_repr")
        raw_id_fields = ("user",)

    admin.site.unregister(User)
    admin.site.register(User, Users)
    admin.site.register(LogEntry, Log)
    urlpatterns = [path("admin/", admin.site.urls)]
"""
FILL = """
    import django
    django.setup()
    import random
    from django.contrib.admin.models import CHANGE, LogEntry
    from django.contrib.auth.models import Group, User
    from django.contrib.contenttypes.models import ContentType

    draw = random.Random(3)
    User.objects.create_superuser("agent.gestion.0", "agent@exemple.fr", "motdepasse1", first_name="Sacha", last_name="Gestion")
    groups = [Group.objects.create(name=name) for name in ("Nord", "Sud", "Est")]
    for n in range(500):
        family, given = FAMILIES[n % 20], GIVEN[n // 20 % 30]
        user = User(username=f"{given}.{family}.{n}".lower(), first_name=given, last_name=family, email=f"p{n}@exemple.fr")
        user.set_unusable_password()
        user.save()
        user.groups.add(draw.choice(groups))
    users, kind = list(User.objects.all()), ContentType.objects.get_for_model(User)
    for _ in range(200):
        user = draw.choice(users)
        LogEntry.objects.create(user_id=1, content_type=kind, object_id=str(user.pk), object_repr=str(user), action_flag=CHANGE)
    with open("@PERSONS@", "w") as persons:
        persons.write("id;username;nom;prenom\\n")
        persons.writelines(f"{user.pk};{user.username};{user.last_name};{user.first_name}\\n" for user in users)
"""
LOGIN = re.compile(r"[\wé]+\.[\wé]+\.\d+")


def record(folder, python="python3"):
    draw = random.Random(11)
    site = folder / "site"
    site.mkdir(exist_ok=True)
    (folder / "db.sqlite3").unlink(missing_ok=True)
    (site / "settings.py").write_text(textwrap.dedent(SETTINGS).replace("@DATABASE@", str(folder / "db.sqlite3")))
    (site / "urls.py").write_text(textwrap.dedent(URLS))
    environment = dict(os.environ, DJANGO_SETTINGS_MODULE="settings", PYTHONPATH=str(site))
    django = [python, "-m", "django"]
    subprocess.run([*django, "migrate"], env=environment, check=True, stdout=subprocess.DEVNULL)
    fill = textwrap.dedent(FILL).replace("@PERSONS@", str(folder / "ids.csv"))
    names = f"FAMILIES, GIVEN = {FAMILIES!r}, {GIVEN!r}\n"
    subprocess.run([python, "-c", names + fill], env=environment, check=True)
    rows = [line.split(";") for line in (folder / "ids.csv").read_text().splitlines()[1:]]
    port = free_port()
    command = [*django, "runserver", "--noreload", f"127.0.0.1:{port}"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait(port)
        recorder = Recorder(port, truth_of(rows), {"Accept-Language": "fr"})
        entry = sign_in(recorder)
        for name, rounds in (("learn", 7), ("held", 20)):
            entries = [entry, *(recorder.record(path) for path in session(draw, rows, rounds)), refused_form(recorder, draw, rows)]
            draw.shuffle(entries)
            save(folder, name, entries)
    finally:
        process.terminate()
        process.wait()


def token(page):
    return re.search(rb'csrfmiddlewaretoken" value="([^"]+)"', page)[1].decode()


def sign_in(recorder):
    page = recorder.ask("/admin/login/")[2]
    fields = form(csrfmiddlewaretoken=token(page), username="agent.gestion.0", password="motdepasse1", next="/admin/")
    entry = recorder.record("/admin/login/", "POST", fields, FORM)
    assert entry["response"]["status"] == 302
    return entry


def refused_form(recorder, draw, rows):
    path = f"/admin/auth/user/{draw.choice(rows)[0]}/change/"
    fields = form(csrfmiddlewaretoken=token(recorder.ask(path)[2]), username="x y")
    return recorder.record(path, "POST", fields, FORM)


def session(draw, rows, rounds):
    person = lambda: draw.choice(rows)[0]
    paths = ["/admin/login/?next=/admin/", "/admin/", "/static/admin/css/base.css", "/static/admin/js/core.js",
             "/admin/auth/group/", "/admin/auth/user/add/", "/admin/jsi18n/"]
    for _ in range(rounds):
        paths += [
            f"/admin/auth/user/?p={draw.randrange(1, 12)}", f"/admin/auth/user/?q={draw.choice(rows)[2].lower()}",
            f"/admin/auth/user/?groups__id__exact={draw.randrange(1, 4)}&p={draw.randrange(1, 3)}",
            "/admin/auth/user/?q=zzzz", f"/admin/auth/user/{person()}/change/", f"/admin/auth/user/{person()}/history/",
            f"/admin/auth/user/{person()}/delete/", f"/admin/admin/logentry/?p={draw.randrange(1, 3)}",
            f"/admin/admin/logentry/{draw.randrange(1, 200)}/change/", f"/admin/auth/group/{draw.randrange(1, 4)}/change/",
            f"/admin/auth/user/export/?q={draw.choice(rows)[2].lower()}",
        ]
    return paths


def truth_of(rows):
    by_login, known = {row[1]: row[0] for row in rows}, {row[0] for row in rows}

    def truth(_status, kind, body):
        text = body.decode("utf-8", "replace")
        found = {by_login[login] for login in LOGIN.findall(text) if login in by_login}
        if "html" in kind:
            found |= set(re.findall(r'/auth/user/(\d+)/', text)) | set(re.findall(r'name="user" value="(\d+)"', text))
        return found & known

    return truth
