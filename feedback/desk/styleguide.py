"""A page that shows every component in every state, so that a change is seen before it is shipped."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from feedback.desk import examples


def styleguide(request: HttpRequest) -> HttpResponse:
    """Show the components to staff, and to anyone where DEBUG is on; to others the page does not exist."""
    if not (settings.DEBUG or request.user.is_staff):
        raise Http404
    return render(request, "styleguide.html", _context())


def _context() -> dict[str, Any]:
    return {
        "colours": examples.COLOURS,
        "sizes": examples.SIZES,
        "tiers": ["red", "orange", "yellow", ""],
        "verdicts": ["accurate", "false_positive", "unsure"],
        "reasons": examples.REASONS,
        "parts": examples.PARTS,
        "parts_zh": examples.PARTS_ZH,
        "rows": examples.ROWS,
        "tabs": [
            {"label": _("Open"), "url": "#tabs", "current": True},
            {"label": _("Judged"), "url": "#tabs", "current": False},
        ],
        "columns": [_("Week"), _("Precision"), _("Verdicts")],
        "chart_rows": [("1", "47%", "120"), ("2", "58%", "131"), ("3", "71%", "127"), ("4", "84%", "140")],
        "help_keys": [("A", _("Accurate")), ("X", _("False positive")), (_("Space"), _("Not sure"))],
    }
