"""The outbox as workers empty it, the clock in the test's hands: claims, pauses between attempts, and late notes."""

from datetime import timedelta

from sqlalchemy import make_url
from sqlalchemy.orm import Session

from src.db.session import Database
from src.models.webhook import WebhookDelivery, WebhookSubscription
from src.services import outbox
from src.services.outbox import LEASE, PAUSES, Parcel
from tests import factories
from tests.factories import NOW
from tests.real_databases import undone

SECOND = timedelta(seconds=1)


def due(session: Session, number: int = 1) -> list[WebhookDelivery]:
    """Changes that one webhook is to be told now."""
    factories.seller(session)
    told = factories.webhook(session).id
    return [
        factories.delivery(session, subscription_id=told, due_at=NOW, attempts=0, last_status=None, last_error="")
        for _time in range(number)
    ]


def claimed(session: Session, delivery: WebhookDelivery, *, at: timedelta = timedelta()) -> Parcel:
    """Take a delivery at some time after it was due."""
    [parcel] = outbox.claim(session, [delivery.id], now=NOW + at)
    session.refresh(delivery)
    return parcel


def test_what_is_claimed_is_nobody_elses_until_the_claim_runs_out(standing: Database) -> None:
    with undone(standing) as session:
        [delivery] = due(session)
        assert claimed(session, delivery).attempt == 1
        assert (delivery.due_at, delivery.attempts) == (NOW + LEASE, 1)
        assert outbox.due_deliveries(session, now=NOW + LEASE - SECOND, but_for=(), limit=9) == []
        assert outbox.claim(session, [delivery.id], now=NOW + LEASE - SECOND) == []
        assert claimed(session, delivery, at=LEASE).attempt == 2


def test_who_claims_at_the_same_moment_waits_for_nobody_and_gets_the_rest(database: Database) -> None:
    with database.writing() as session:
        deliveries = due(session, 3)
    ids = [one.id for one in deliveries]
    other = Database(make_url(database.url))
    if database.engine.dialect.name == "sqlite":
        # There it is one after the other: a claim is a moment of the one write lock.
        with database.writing() as session:
            first = outbox.claim(session, ids[:2], now=NOW)
        with other.writing() as session:
            second = outbox.claim(session, ids, now=NOW)
    else:
        with database.writing() as session:
            first = outbox.claim(session, ids[:2], now=NOW)
            with other.writing() as meanwhile:
                second = outbox.claim(meanwhile, ids, now=NOW)
    assert ([one.id for one in first], [one.id for one in second]) == (ids[:2], ids[2:])


def test_a_parcel_shows_neither_address_nor_secret(standing: Database) -> None:
    with undone(standing) as session:
        [delivery] = due(session)
        parcel = claimed(session, delivery)
        assert parcel.secret.startswith("whsec_")
        assert repr(parcel) == f"Parcel(id={parcel.id}, webhook_id={parcel.webhook_id}, attempt=1)"


def test_the_pauses_grow_from_ten_seconds_to_a_day_and_then_it_is_given_up(standing: Database) -> None:
    with undone(standing) as session:
        [delivery] = due(session)
        pauses, now = [], NOW
        for _attempt in range(9):
            [parcel] = outbox.claim(session, [delivery.id], now=now)
            again = outbox.note_failed(session, parcel, status=500, error="refused", jitter=1.0, now=now)
            pauses.append(again and int((again - now).total_seconds()))
            now = again or now
        assert pauses == [10, 60, 300, 1800, 7200, 21600, 43200, 86400, None]
        assert sum(PAUSES, timedelta()) < timedelta(days=2)
        session.refresh(delivery)
        assert (delivery.due_at, delivery.delivered_at, delivery.attempts) == (None, None, 9)


def test_what_failed_together_is_not_tried_again_together(standing: Database) -> None:
    with undone(standing) as session:
        [delivery] = due(session)
        parcel = claimed(session, delivery)
        assert (
            outbox.note_failed(session, parcel, status=None, error="timeout", jitter=0.8, now=NOW) == NOW + 8 * SECOND
        )


def test_a_worker_that_is_late_undoes_nothing(standing: Database) -> None:
    with undone(standing) as session:
        lost, arrived, paused = due(session, 3)
        late = {delivery: claimed(session, delivery) for delivery in (lost, arrived, paused)}
        for delivery in (lost, arrived):
            now = claimed(session, delivery, at=LEASE)
            outbox.note_delivered(session, now, status=200, now=NOW + LEASE)
        outbox.note_failed(session, late[lost], status=500, error="refused", jitter=1.0, now=NOW + LEASE)
        session.refresh(lost)
        assert (lost.due_at, lost.delivered_at, lost.last_error) == (None, NOW + LEASE, "")
        # But the receiver has what it has, whoever notes it.
        again = claimed(session, paused, at=LEASE)
        outbox.note_failed(session, again, status=500, error="refused", jitter=1.0, now=NOW + LEASE)
        outbox.note_delivered(session, late[paused], status=200, now=NOW + LEASE)
        session.refresh(paused)
        assert (paused.due_at, paused.delivered_at) == (None, NOW + LEASE)


def test_what_was_saved_while_a_webhook_was_being_paused_is_given_up(standing: Database) -> None:
    with undone(standing) as session:
        [delivery] = due(session)
        factories.saved(session, session.get_one(WebhookSubscription, delivery.subscription_id)).is_active = False
        session.flush()
        assert outbox.claim(session, [delivery.id], now=NOW) == []
        session.refresh(delivery)
        assert (delivery.due_at, delivery.attempts, delivery.last_error) == (None, 0, "paused")


def test_what_every_worker_is_killed_over_is_given_up_some_day(standing: Database) -> None:
    with undone(standing) as session:
        [delivery] = due(session)
        attempts = [
            parcel.attempt
            for time in range(12)
            for parcel in outbox.claim(session, [delivery.id], now=NOW + time * LEASE)
        ]
        session.refresh(delivery)
        assert attempts == list(range(1, 10))
        assert (delivery.due_at, delivery.delivered_at, delivery.last_error) == (None, None, "unforeseen")


def test_a_receiver_that_is_gone_does_not_pause_a_webhook_that_leads_elsewhere_by_now(standing: Database) -> None:
    with undone(standing) as session:
        [delivery] = due(session)
        parcel = claimed(session, delivery)
        webhook = session.get_one(WebhookSubscription, delivery.subscription_id)
        factories.saved(session, webhook).url = "https://new.example/"
        session.flush()
        outbox.note_gone(session, parcel, status=410, error="gone")
        assert webhook.is_active


def test_nobody_is_looked_for_where_nobody_subscribed(standing: Database) -> None:
    with undone(standing) as session:
        assert not outbox.is_anybody_subscribed(session)
        factories.webhook(session, is_active=False)
        assert not outbox.is_anybody_subscribed(session)
        factories.webhook(session)
        assert outbox.is_anybody_subscribed(session)
