"""Who may see a page of the desk: a person who is logged in, and only what is theirs."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django_htmx.http import HttpResponseClientRefresh
from django_htmx.middleware import HtmxDetails

from feedback.errors import Paused
from feedback.models import Role

DESK_ROLES = (Role.REP, Role.LEAD)

Page = ParamSpec("Page")


class DeskRequest(HttpRequest):
    """A request as the middleware hands it to a view of the desk."""

    htmx: HtmxDetails


View = Callable[Concatenate[DeskRequest, Page], HttpResponse]


def for_people(view: View[Page]) -> View[Page]:
    """Ask for a login first; what is not the person's own does not exist; keep nothing in shared caches.

    Whoever is paused is told so.
    """

    @never_cache
    @wraps(view)
    def guarded(request: DeskRequest, /, *args: Page.args, **kwargs: Page.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return _ask_for_login(request)
        try:
            response = view(request, *args, **kwargs)
        except ObjectDoesNotExist as missing:
            raise Http404 from missing
        except Paused:
            return _paused(request)
        patch_vary_headers(response, ["HX-Request"])
        return response

    return guarded


def wants_fragment(request: DeskRequest) -> bool:
    """Whether htmx asks for a part of the page that it has, rather than a browser for the whole page."""
    return bool(request.htmx) and not request.htmx.history_restore_request


def _ask_for_login(request: DeskRequest) -> HttpResponse:
    """To the login page and back. A part of a page says so where it is: what the person has typed stays on screen."""
    if request.htmx:
        return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
    if request.method == "GET":
        return redirect_to_login(request.get_full_path())
    messages.warning(request, _("You had been logged out: what you pressed last was not saved."))
    return redirect_to_login(_page_of(request))


def _paused(request: DeskRequest) -> HttpResponse:
    """Back to the page, which says who paused them; part of a page is not enough for that."""
    messages.warning(request, _("A lead has paused your work in this queue. Nothing changed."))
    return HttpResponseClientRefresh() if request.htmx else redirect(_page_of(request))


def _page_of(request: DeskRequest) -> str:
    """The page of ours on which a form was sent, where the browser says."""
    page = urlsplit(request.headers.get("Referer", ""))
    return page._replace(scheme="", netloc="").geturl() if page.netloc == request.get_host() else "/"
