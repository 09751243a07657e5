"""Tells Digue who is signed in at this portal: `[identity] from = "portal"` in the map."""
from django.http import JsonResponse


class PortalUser:
    """Last in MIDDLEWARE, so that no response that was made without a user gets a name."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if request.user.is_authenticated:
            response["X-Portal-User"] = request.user.get_username()
        return response


def whoami(request):
    """For `whoami = "/api/me"`: `null` where nobody is signed in."""
    return JsonResponse({"account": request.user.get_username() or None})
