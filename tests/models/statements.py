"""INSERT statements in plain SQL, right but for what a test puts in: every value is SQL, `:name` one of its records."""

NEW = "created_at, updated_at, version"
NOW = "'2026-11-22 09:00:00', '2026-11-22 09:00:00', 1"


def user(**given: str) -> str:
    """A new member of staff."""
    values = {
        "username": "'new'",
        "email": "'new@epic.example'",
        "password_hash": "'-'",
        "first_name": "'New'",
        "last_name": "'Person'",
        "phone": "''",
        "department": "'SALES'",
        "is_active": "TRUE",
        "must_change_password": "FALSE",
        "first_name_key": "'new person'",
        "name_key": "'person new'",
    }
    return insert("users", values | given)


def client(**given: str) -> str:
    """A new client."""
    values = {
        "first_name": "'Kevin'",
        "last_name": "'Casey'",
        "email": "'new@startup.example'",
        "phone": "''",
        "company_name": "''",
        "sales_contact_id": ":seller",
        "last_contact_at": "'2026-11-22 09:00:00'",
        "first_name_key": "'kevin casey'",
        "name_key": "'casey kevin'",
        "company_key": "''",
        "email_key": "'new@startup.example'",
    }
    return insert("clients", values | given)


def contract(**given: str) -> str:
    """A new draft."""
    values = {"client_id": ":client", "title": "'Gala'", "total": "100", "paid": "0", "status": "'draft'"}
    return insert("contracts", values | {"title_key": "'gala'"} | given)


def line(**given: str) -> str:
    """Ten of something at one euro, with 20 % of VAT, in a draft that has lines."""
    values = {"contract_id": ":itemised", "description": "'Chairs'", "quantity": "10000", "unit_price": "100"}
    return insert("contract_lines", values | {"vat_rate": "2000", "net": "1000", "vat": "200"} | given)


def payment(**given: str) -> str:
    """100 cents on the signed contract."""
    values = {
        "contract_id": ":signed",
        "amount": "100",
        "received_on": "'2026-11-22'",
        "method": "'cash'",
        "reference": "''",
        "reason": "''",
        "idempotency_key": "'new'",
        "recorded_by_username": "''",
    }
    return insert("payments", values | given)


def event(**given: str) -> str:
    """A new event under the sold contract."""
    values = {
        "contract_id": ":sold",
        "name": "'Gala'",
        "event_start": "'2026-12-22 09:00:00'",
        "event_end": "'2026-12-22 19:00:00'",
        "time_zone": "'Europe/Paris'",
        "location": "''",
        "attendees": "10",
        "notes": "''",
        "contact_name": "''",
        "contact_phone": "''",
        "contact_email": "''",
        "name_key": "'gala'",
        "location_key": "''",
    }
    return insert("events", values | given)


def session_row(**given: str) -> str:
    """A log-in of the seller."""
    values = {"user_id": ":seller", "token_hash": "'a'", "interface": "'cli'", "device": "''"}
    times = {"last_seen_at": "'2026-11-22 09:00:00'", "expires_at": "'2026-11-22 19:00:00'"}
    return insert("sessions", values | times | given)


def saved_view(**given: str) -> str:
    """A view that the seller keeps."""
    values = {"user_id": ":seller", "list_name": "'clients'", "name": "'Mine'", "query": "'mine=1'"}
    return insert("saved_views", values | given)


def token_row(**given: str) -> str:
    """A token of the seller."""
    values = {"user_id": ":seller", "name": "'till'", "token_hash": "'a'", "scopes": "'read'"}
    return insert("api_tokens", values | {"expires_at": "'2026-12-22 09:00:00'"} | given)


def feed_row(**given: str) -> str:
    """A calendar feed of the seller."""
    return insert("calendar_feeds", {"user_id": ":seller", "kind": "'mine'", "name": "''", "token_hash": "'a'"} | given)


def idempotency_key(**given: str) -> str:
    """What the seller was answered once."""
    values = {"user_id": ":seller", "key": "'a'", "request_hash": "'a'", "status": "201"}
    return insert("idempotency_keys", values | {"headers": "'{}'", "body": "''"} | given)


def subscription(**given: str) -> str:
    """Somebody who is told of everything."""
    values = {"name": "'till'", "url": "'https://till.example'", "secret": "'a'", "record_type": "''", "action": "''"}
    return insert("webhook_subscriptions", values | {"is_active": "TRUE", "created_by": ":manager"} | given)


def delivery(**given: str) -> str:
    """A change that somebody is to be told."""
    values = {"subscription_id": "1", "audit_entry_id": "1", "attempts": "0", "last_error": "''"}
    return insert("webhook_deliveries", values | given)


def insert(table: str, values: dict[str, str]) -> str:
    """One row with the columns all tables share."""
    return f"INSERT INTO {table} ({', '.join(values)}, {NEW}) VALUES ({', '.join(values.values())}, {NOW})"
