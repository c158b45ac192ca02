"""Who asks: known afresh at every request by the token that their browser sent."""

from sqlalchemy.orm import Session

from src.domain.permissions import Action, Actor
from src.i18n import set_language
from src.schema.state import require_current
from src.services import CRM, auth
from src.web.desk import INTERFACE, Visit


def know(visit: Visit, session: Session, *, purpose: Action | None = None) -> Actor:
    """Know who is asking, and answer them in their language.

    Raises:
        NotAuthenticated, PasswordChangeRequired, TwoFactorRequired; or the database is not the one of this program.
    """
    require_current(session.connection(), CRM)
    actor = auth.authenticate(
        session,
        visit.token,
        now=visit.now,
        interface=INTERFACE,
        purpose=purpose,
        two_factor_for=visit.site.two_factor_for,
    )
    # The page of a refusal later in this request knows who reads it, and in which language.
    visit.request.state.actor = actor
    if actor.language is not None:
        set_language(actor.language)
    return actor
