"""Theme and single-key shortcuts: a person's own choices, kept in cookies so that the first paint is right."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

CHOICES = {"theme": {"auto", "light", "dark"}, "hotkeys": {"on", "off"}}
YEAR_SECONDS = 365 * 24 * 3600


@require_POST
def set_preference(request: HttpRequest) -> HttpResponse:
    """Keep each named choice that is one of ours, and go back to the page it was made on."""
    response = HttpResponseRedirect(_return_address(request))
    for name, allowed in CHOICES.items():
        value = request.POST.get(name, "")
        if value in allowed:
            response.set_cookie(name, value, max_age=YEAR_SECONDS, samesite="Lax", secure=request.is_secure())
    return response


def _return_address(request: HttpRequest) -> str:
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if is_ours else "/"
