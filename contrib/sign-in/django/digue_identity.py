"""Signs in whom Digue has signed in. Needs PyJWT and cryptography.

    DIGUE_PORTAL = "portail"                     # [portal] name in the map
    DIGUE_ISSUER = "digue.exemple.fr"            # [digue] name in digue.toml
    DIGUE_JWKS = "/etc/portail/digue-jwks.json"  # from https://<portal>/.digue/jwks.json
"""
import functools, json, pathlib

import jwt
from django.conf import settings
from django.contrib.auth.backends import RemoteUserBackend
from django.contrib.auth.middleware import RemoteUserMiddleware
from django.core.exceptions import PermissionDenied


@functools.cache
def keys():
    return jwt.PyJWKSet.from_dict(json.loads(pathlib.Path(settings.DIGUE_JWKS).read_text()))


def verified(token):
    """The claims of a token that Digue signed for this portal within the last minute."""
    key = keys()[jwt.get_unverified_header(token).get("kid")]
    return jwt.decode(
        token, key, algorithms=["ES256"], issuer=settings.DIGUE_ISSUER, audience=settings.DIGUE_PORTAL,
        leeway=30, options={"require": ["iss", "aud", "sub", "iat", "exp"]},
    )


class DigueIdentity(RemoteUserMiddleware):
    async_capable = False
    # Not a name that a header of a client can have (those are HTTP_...).
    header = "DIGUE_ACCOUNT"

    def process_request(self, request):
        request.META.pop(self.header, None)
        token = request.headers.get("Digue-Identity")
        if token is not None:
            try:
                request.META[self.header] = verified(token)["sub"]
            except (jwt.PyJWTError, KeyError):
                raise PermissionDenied("Digue-Identity")
        # Without a token: nobody, and a session that was begun with one ends.
        return super().process_request(request)


class DigueAccounts(RemoteUserBackend):
    # An account of Digue that this portal does not know is nobody here.
    create_unknown_user = False
