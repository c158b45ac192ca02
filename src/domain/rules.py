"""What each constraint of the database protects, in words: the last line of defence speaks the reader's language too.

The services refuse first, with the facts at hand; these sentences are for the races and mistakes that get past them.
Keys are the names of CHECK constraints and triggers in the schema.
"""

from collections.abc import Mapping

from src.i18n import N_

_PAYMENTS = N_("A payment is never edited or deleted: record a refund instead.")
_PAID = N_("What is paid on a contract is the sum of its payments; it cannot be set by hand.")
_LINE = N_(
    "A line comes to its quantity times its unit price, and its VAT, each rounded to the cent, up to ten billion."
)
_UNSIGNED = N_("An event can only be created under a signed contract.")
_SALES = N_("The sales contact must be a member of the sales department.")
_SUPPORT = N_("The support contact must be a member of the support department.")
_LAST_MANAGER = N_("The last active member of management can be neither deactivated, deleted nor moved.")
_AUDIT = N_("The audit log cannot be changed.")

CONSTRAINT_MESSAGES: Mapping[str, str] = {
    "ck_contracts_paid_within_total": N_("The payments of a contract must stay between zero and its total."),
    "ck_contracts_total_not_negative": N_("The total of a contract must not be negative."),
    "ck_contracts_signed_at_matches_status": N_("A contract has a signing date exactly when it was signed."),
    "ck_contracts_status_known": N_("A contract is draft, sent, signed or cancelled."),
    "ck_contract_lines_quantity_in_bounds": N_("The quantity of a line is more than zero, and at most a million."),
    "ck_contract_lines_unit_price_in_bounds": N_("The unit price of a line is less than ten million."),
    "ck_contract_lines_vat_rate_in_bounds": N_("A rate of VAT is between 0 and 100 %."),
    "ck_contract_lines_net_is_rounded": _LINE,
    "ck_contract_lines_vat_is_rounded": _LINE,
    "tr_contracts_total_is_sum": N_("The total of this contract is the sum of its lines: change those."),
    "tr_contract_lines_stay": N_("A line stays with its contract."),
    "ck_users_department_known": N_("A member of staff belongs to sales, support or management."),
    "ck_users_language_known": N_("The pages are in English or in French."),
    "ck_users_theme_known": N_("A screen is light or dark."),
    "ck_calendar_feeds_kind_known": N_(
        "A calendar feed shows one's own events, those of one's department, or those without a support contact."
    ),
    "ck_payments_method_known": N_("A payment comes by bank transfer, card, cheque, cash or in another known way."),
    "ck_payments_amount_not_zero": N_("The amount of a payment must not be zero."),
    "ck_events_starts_before_end": N_("An event must end after it starts."),
    "ck_events_attendees_not_negative": N_("The number of attendees must not be negative."),
    "tr_payments_need_signed_contract": N_(
        "Payments can only be recorded on a signed contract; a cancelled one can only be refunded."
    ),
    "tr_payments_never_edited": _PAYMENTS,
    "tr_payments_never_deleted": _PAYMENTS,
    "tr_payments_recorder_kept": _PAYMENTS,
    "tr_contracts_paid_is_sum": _PAID,
    "tr_contracts_start_unpaid": _PAID,
    "tr_contracts_status_order": N_("The status of a contract only moves forward: draft, sent, signed, cancelled."),
    "tr_contracts_signed_at_kept": N_("A cancelled contract keeps its signing date, or none."),
    "tr_events_need_signed_contract": _UNSIGNED,
    "tr_events_contract_changed": _UNSIGNED,
    "tr_clients_sales_contact_given": _SALES,
    "tr_clients_sales_contact_changed": _SALES,
    "tr_events_support_contact_given": _SUPPORT,
    "tr_events_support_contact_changed": _SUPPORT,
    "tr_users_in_charge_keep_department": N_("This person is in charge of clients or events. Reassign them first."),
    "tr_users_last_manager_kept": _LAST_MANAGER,
    "tr_users_last_manager_not_deleted": _LAST_MANAGER,
    "tr_audit_entries_never_edited": _AUDIT,
    "tr_audit_entries_never_deleted": _AUDIT,
}
