"""The cookies of the pages: the session, and how somebody likes to read. No other is ever set."""

from starlette.requests import Request
from starlette.responses import Response

SESSION, FLASH, LANGUAGE, THEME = "session", "flash", "language", "theme"
_A_YEAR = 365 * 24 * 3600


def read_cookie(request: Request, name: str) -> str:
    """Give a cookie of ours, empty if the browser has none."""
    return request.cookies.get(name_of_cookie(request, name), "")


def set_cookie(request: Request, response: Response, name: str, value: str, *, lasting: bool = False) -> None:
    """Give the browser a cookie, kept until it is closed or, if `lasting`, for a year."""
    response.set_cookie(
        name_of_cookie(request, name),
        value,
        max_age=_A_YEAR if lasting else None,
        path="/",
        secure=is_encrypted(request),
        httponly=True,
        samesite="lax",
    )


def drop_cookie(request: Request, response: Response, name: str) -> None:
    """Take a cookie back."""
    full_name = name_of_cookie(request, name)
    response.delete_cookie(full_name, path="/", secure=is_encrypted(request), httponly=True, samesite="lax")


def name_of_cookie(request: Request, name: str) -> str:
    """Give the full name: `__Host-` keeps other hosts of the domain from setting it, and browsers want https for it."""
    return f"__Host-epicevents-{name}" if is_encrypted(request) else f"epicevents-{name}"


def is_encrypted(request: Request) -> bool:
    """Tell whether the browser speaks https with us; without it only this computer is served (src.web.gate)."""
    return bool(request.scope["scheme"] == "https")
