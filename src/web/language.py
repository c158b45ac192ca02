"""The language of a page: what the reader chose, else what their browser asks for."""

from src.i18n import DEFAULT_LANGUAGE, LANGUAGES, language_of

_LONGEST_HEADER = 500


def language_for(chosen: str, accepted: str, *, installation: str | None = None) -> str:
    """Choose a language: the reader's own choice, the browser's Accept-Language, the installation's, English."""
    if chosen in LANGUAGES:
        return chosen
    return _preferred(accepted[:_LONGEST_HEADER]) or installation or DEFAULT_LANGUAGE


def _preferred(accepted: str) -> str | None:
    wishes: list[tuple[float, str]] = []
    for part in accepted.split(","):
        tag, _semicolon, parameters = part.strip().partition(";")
        language = language_of(tag.strip())
        if language is not None and (weight := _weight(parameters)) > 0:
            wishes.append((weight, language))
    # The first of the heaviest: max() keeps the order of the header.
    return max(wishes, key=lambda wish: wish[0])[1] if wishes else None


def _weight(parameters: str) -> float:
    name, _equals, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
