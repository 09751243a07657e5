"""A portal in Django that signs its users in itself (`names`) or takes Digue's word (`digue`).

    python django_portal.py names|digue PORT FOLDER [NAME ISSUER JWKS]

It shows any record to anybody who is signed in: what it should refuse, Digue refuses. Needs: Django;
for `digue` PyJWT and cryptography.
"""
import pathlib, sys

way, port, folder = sys.argv[1], int(sys.argv[2]), pathlib.Path(sys.argv[3])
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "contrib/sign-in/django"))

import django
from django.conf import settings

LOGIN = ('<!doctype html><title>Connexion</title><h1>Connexion</h1><form method="post">{% csrf_token %}'
         '{{ form.as_p }}<input type="hidden" name="next" value="{{ next }}"><button>Se connecter</button></form>')
HOME = ('<!doctype html><title>Accueil</title><h1>Accueil</h1><form method="post" action="/accounts/logout/">'
        '{% csrf_token %}<button>Se déconnecter</button></form>')
OURS = {"names": "portal_user.PortalUser", "digue": "digue_identity.DigueIdentity"}
BACKENDS = {"names": "django.contrib.auth.backends.ModelBackend", "digue": "digue_identity.DigueAccounts"}

settings.configure(
    SECRET_KEY="of-a-test-on-loopback",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.common.CommonMiddleware",
                "django.middleware.csrf.CsrfViewMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware",
                OURS[way]],
    AUTHENTICATION_BACKENDS=[BACKENDS[way]],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "db.sqlite3")}},
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "OPTIONS": {
        "loaders": [("django.template.loaders.locmem.Loader", {"registration/login.html": LOGIN, "home.html": HOME})]}}],
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    LOGIN_REDIRECT_URL="/",
    LOGOUT_REDIRECT_URL="/accounts/login/",
    USE_TZ=True,
    **(dict(zip(("DIGUE_PORTAL", "DIGUE_ISSUER", "DIGUE_JWKS"), sys.argv[4:7]))),
)
django.setup()

from django.contrib.auth import views
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.management import call_command
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from portal_user import whoami


@login_required
def home(request):
    return render(request, "home.html")


@login_required
def person(request, number):
    return HttpResponse(f'<!doctype html><title>Dossier</title><h1 class="person">{number}</h1>'
                        f"<p>Nom de {number}</p><p>Compte : {request.user.get_username()}</p>")


def open_person(request, number):
    """A page that forgets to ask who is signed in."""
    return HttpResponse(f'<!doctype html><title>Dossier</title><h1 class="person">{number}</h1>'
                        f"<p>Nom de {number}</p>")


urlpatterns = [
    path("", home),
    path("accounts/login/", views.LoginView.as_view(), name="login"),
    path("accounts/logout/", views.LogoutView.as_view()),
    path("api/me", whoami),
    path("persons/<str:number>", person),
    path("open/<str:number>", open_person),
]

if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    for name in ("agent1", "agent2", "a1", "b1"):
        User.objects.create_user(name, password=f"mot-de-passe-{name}")
    call_command("runserver", f"127.0.0.1:{port}", use_reloader=False, skip_checks=True)
