"""The three people of the demo company who can log in: their passwords are made at random, and shown once."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select, true
from sqlalchemy.orm import Session

from src.domain.errors import RuleBroken
from src.domain.permissions import Actor
from src.i18n import N_
from src.models.audit_entry import AuditEntry
from src.models.user import User
from src.security import throttle, two_factor
from src.services import audit_trail, auth
from src.services.demo.load import holds_demo_company
from src.services.demo.staff import BILL, KATE, MAIL_DOMAIN, MANAGER

# One of each department, in the order of the tour.
TOUR = (BILL, KATE, MANAGER)
PASSWORDS_GIVEN = "demo.passwords"

_INTERFACE = "cli"


def people_of_tour(session: Session) -> Sequence[User]:
    """Find those of the three who still work at the demo company.

    Raises:
        RuleBroken: this is not the demo company.
    """
    if not holds_demo_company(session):
        raise RuleBroken(N_("This database does not hold the demo company. Load it with: epicevents demo start"))
    # Somebody who got one of these usernames later is no demo person.
    addresses = [f"{username}@{MAIL_DOMAIN}" for username in TOUR]
    known = {
        user.username: user
        for user in session.scalars(select(User).where(User.email.in_(addresses), User.is_active == true()))
    }
    return [known[username] for username in TOUR if username in known]


def passwords_were_given(session: Session) -> bool:
    """Tell whether the people of the tour have had their passwords shown."""
    return session.scalar(select(AuditEntry.id).where(AuditEntry.action == PASSWORDS_GIVEN).limit(1)) is not None


def give_passwords(session: Session, hashes: Mapping[str, str]) -> Sequence[User]:
    """Give each person of the tour another password, by username; old ones and open sessions end.

    The hashes come from `security.passwords`. Nobody is asked to choose another: these were made by a machine. A second
    factor that somebody tried out goes too. Returns those who have a new password.

    Raises:
        RuleBroken: this is not the demo company.
    """
    audit_trail.sign_as_system(session, PASSWORDS_GIVEN, interface=_INTERFACE)
    people = [person for person in people_of_tour(session) if person.username in hashes]
    for person in people:
        person.password_hash = hashes[person.username]
        person.must_change_password = False
        person.totp_secret = person.totp_last_step = None
        two_factor.remove_recovery_codes(session, person.id)
        throttle.forgive(session, person.username)
        auth.end_sessions(session, person.id)
    session.flush()
    return people


def as_actor(person: User) -> Actor:
    """Look at the company as this person would, without logging in: for the tour."""
    return Actor(person.id, person.username, person.department, _INTERFACE)
