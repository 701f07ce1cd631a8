"""Who asks, when reverse proxies stand in between."""

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The address that the outermost trusted proxy saw.

    Each proxy appends the address of whom it heard from to X-Forwarded-For; what stands left of the entries that our
    own proxies wrote was sent by the client, who may write anything.
    """
    heard = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    trusted = settings.TRUSTED_PROXIES
    return heard[-trusted] if 0 < trusted <= len(heard) else str(request.META.get("REMOTE_ADDR", ""))
