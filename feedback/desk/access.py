"""Who may see a page of the desk: a person who is logged in, and only what is theirs."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from feedback.models import Role

DESK_ROLES = (Role.REP, Role.LEAD)

Page = ParamSpec("Page")


class DeskRequest(HttpRequest):
    """A request as the middleware hands it to a view of the desk."""

    htmx: HtmxDetails


View = Callable[Concatenate[DeskRequest, Page], HttpResponse]


def for_people(view: View[Page]) -> View[Page]:
    """Ask for a login first; what is not the person's own does not exist; keep nothing in shared caches."""

    @never_cache
    @wraps(view)
    def guarded(request: DeskRequest, /, *args: Page.args, **kwargs: Page.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return _ask_for_login(request)
        try:
            response = view(request, *args, **kwargs)
        except ObjectDoesNotExist as missing:
            raise Http404 from missing
        patch_vary_headers(response, ["HX-Request"])
        return response

    return guarded


def wants_fragment(request: DeskRequest) -> bool:
    """Whether htmx asks for a part of the page that it has, rather than a browser for the whole page."""
    return bool(request.htmx) and not request.htmx.history_restore_request


def _ask_for_login(request: DeskRequest) -> HttpResponse:
    if request.htmx:
        login = redirect_to_login(request.htmx.current_url_abs_path or "/")
        return HttpResponseClientRedirect(login["Location"])
    return redirect_to_login(request.get_full_path() if request.method == "GET" else "/")
