"""What was asked under a key is answered alike for a day, for one person; then the key is free."""

from datetime import UTC, datetime, timedelta

from src.db.session import Database
from src.services.idempotency import KEPT_FOR, Answered, claim_key, keep_answer
from tests import factories
from tests.real_databases import undone


def test_a_key_is_kept_for_a_day_for_one_person(standing: Database) -> None:
    now, moment = datetime.now(UTC), timedelta(seconds=1)
    with undone(standing) as session:
        sales, other = factories.actor(factories.seller(session)), factories.actor(factories.seller(session))
        assert claim_key(session, sales, "fair", request_hash="a", now=now) is None
        keep_answer(session, sales, "fair", status=201, headers={"etag": '"1"'}, body="{}")
        answered = Answered(is_same_request=True, status=201, headers={"etag": '"1"'}, body="{}")
        assert claim_key(session, sales, "fair", request_hash="a", now=now + KEPT_FOR) == answered
        assert claim_key(session, other, "fair", request_hash="b", now=now + KEPT_FOR) is None
        assert claim_key(session, sales, "fair", request_hash="a", now=now + KEPT_FOR + moment) is None
        different = claim_key(session, other, "fair", request_hash="a", now=now + KEPT_FOR + moment)
        assert (different is not None, different and different.is_same_request) == (True, False)
    assert timedelta(hours=24) == KEPT_FOR
