"""What the kinds of events and of failures are called. A test fails for a kind that is recorded somewhere and
has no text here."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from duecause.apps.ledger.findings import NAMES, REMEDIES
from duecause.engine.problems import Problem
from duecause.engine.tlog.failures import Kind

KINDS = {
    "catalogue.activity_changed": _("Processing activity changed"),
    "catalogue.activity_moved": _("Processing activity moved to another status"),
    "catalogue.field_changed": _("Field of the catalogue changed"),
    "catalogue.purpose_changed": _("Purpose changed"),
    "catalogue.retention_changed": _("Retention rules came into force"),
    "catalogue.retention_proposed": _("Retention rules proposed"),
    "catalogue.retention_refused": _("Proposed retention rules refused or taken back"),
    "catalogue.wording_changed": _("Wording changed"),
    "consent.expired": _("Consent expired"),
    "consent.given": _("Consent given"),
    "consent.invalidated": _("Consent declared invalid"),
    "consent.left_in_peace": _("Numbers left in peace after a refusal or as wrong"),
    "consent.objected": _("Objection recorded"),
    "consent.objections_imported": _("Objections imported from a file"),
    "consent.objection_lifted": _("Objection lifted by a later consent"),
    "consent.objection_restored": _("Objection holds again, its consent was not valid"),
    "consent.objection_undone": _("Objection undone right after it was recorded"),
    "consent.refused": _("Consent refused"),
    "consent.register_changed": _("National register changed"),
    "consent.register_loaded": _("National register loaded"),
    "consent.register_asked": _("Numbers submitted to a national register"),
    "consent.register_answered": _("Answer of a national register taken in"),
    "consent.proof_ended": _("Proof of consents destroyed at the end of its time"),
    "consent.receipt_given": _("Receipt of a consent given"),
    "consent.record_exported": _("Consent record exported"),
    "consent.renewed": _("Consent renewed"),
    "consent.requested": _("Consent asked for"),
    "consent.withdrawal_undone": _("Withdrawal undone right after it was recorded"),
    "consent.withdrawn": _("Consent withdrawn"),
    "dialling.attempts_returned": _("Calls reported by a call centre"),
    "dialling.campaign_changed": _("Campaign changed"),
    "dialling.checked": _("Number checked by staff"),
    "dialling.custody_said": _("Call centre confirmed what became of a list"),
    "dialling.exchange_set": _("Exchange of files agreed with a call centre"),
    "dialling.feed_acknowledged": _("Feed acknowledged by a call centre"),
    "dialling.hand_out_recorded": _("List of former times recorded"),
    "dialling.script_drafted": _("Call script drafted"),
    "dialling.script_in_force": _("Call script put into force"),
    "dialling.history_recorded": _("Calls of former times recorded"),
    "dialling.precall": _("Pre-call check"),
    "dialling.recalled": _("Released list taken back"),
    "dialling.release_ended": _("Released list ended early, as the partner’s gate closes"),
    "dialling.released": _("List released"),
    "dialling.screened": _("List screened"),
    "dialling.snapshot_given": _("Snapshot of callable rows given to a call centre"),
    "dialling.traced": _("File traced to the call centre it was given to"),
    "evidence.exported": _("Record of processing exported"),
    "evidence.signed_off": _("Record of processing signed off by customer service"),
    "gate.alarm_raised": _("Alarm raised"),
    "gate.alarm_closed": _("Alarm closed"),
    "gate.denied": _("Look at a person denied"),
    "gate.edit": _("Person’s data corrected"),
    "gate.export": _("Person’s data exported"),
    "gate.find": _("Person shown in search results"),
    "gate.function_denied": _("Page or function denied"),
    "gate.job": _("Sealed data opened for a job"),
    "gate.measure_filed": _("Paper of a monitoring measure filed"),
    "gate.measure_withdrawn": _("Paper of a monitoring measure withdrawn"),
    "gate.open_request": _("Request about own data opened"),
    "gate.reason_checked": _("Reason of a look-up checked afterwards"),
    "gate.record_consent": _("Consent taken down"),
    "gate.record_objection": _("Objection taken down"),
    "gate.reveal": _("Value revealed"),
    "gate.say_source": _("Source of the data told"),
    "gate.search": _("Search for a person"),
    "gate.see_proof": _("Proof of a consent seen"),
    "gate.session_denied": _("Session of a closed account denied"),
    "gate.spool": _("Waiting file opened for a job"),
    "gate.view": _("Person’s card seen"),
    "gate.withdraw_consent": _("Withdrawal of a consent taken down"),
    "interactions.told": _("Contacts told by a system"),
    "interactions.forgotten": _("Contacts deleted at the end of their time"),
    "interactions.key_made": _("Key of a system that tells of contacts made"),
    "interactions.secret_given": _("Secret of a system that tells of contacts made"),
    "interactions.system_set": _("System that tells of contacts set up"),
    "interactions.system_ended": _("System that tells of contacts ended"),
    "keys.copied": _("Key database copied"),
    "keys.copies_deleted": _("Old copies of the key database deleted"),
    "keys.protected": _("Keeping of the key-encryption key changed"),
    "keys.retired_destroyed": _("Replaced key-encryption keys destroyed"),
    "keys.rotated": _("Key-encryption key changed"),
    "keys.token_keys_destroyed": _("Replaced token keys destroyed"),
    "keys.token_rotated": _("Token key changed"),
    "keys.token_rotation_started": _("Change of a token key started"),
    "ledger.cosigned": _("Checkpoint cosigned by a witness"),
    "ledger.exported": _("Ledger exported with opened contents"),
    "ledger.heartbeat": _("Sign of life of the ledger"),
    "ledger.recovered": _("Ledger continued under a new key after a loss"),
    "ledger.verified": _("Ledger verified"),
    "notices.exempted": _("Exemption from notices recorded"),
    "notices.exemption_ended": _("Exemption from notices ended"),
    "notices.fetched": _("Letters about the origin of data fetched"),
    "notices.not_sent": _("Notice about the origin of data not sent"),
    "notices.planned": _("Notices about the origin of data planned"),
    "notices.posted": _("Letters about the origin of data confirmed as posted"),
    "notices.printed": _("Letters about the origin of data made"),
    "notices.returned": _("Notice about the origin of data came back"),
    "notices.sent": _("Person told where their data came from"),
    "obligation.opened": _("Request or job opened"),
    "obligation.step_done": _("Step of a request or job done"),
    "obligation.step_retried": _("Stopped step put back to be tried again"),
    "parties.api_key_created": _("API key created"),
    "parties.api_key_revoked": _("API key revoked"),
    "parties.brand_changed": _("Brand changed"),
    "parties.contract_changed": _("Contract changed"),
    "parties.controller_changed": _("Controller changed"),
    "parties.override_approved": _("Override of a partner’s gate approved"),
    "parties.override_asked": _("Override of a partner’s gate asked for"),
    "parties.override_ended": _("Override of a partner’s gate ended"),
    "parties.partner_changed": _("Partner changed"),
    "parties.release_key_removed": _("Public key of a partner removed"),
    "parties.release_key_set": _("Public key of a partner set"),
    "parties.source_changed": _("Source changed"),
    "parties.sub_processor_changed": _("Sub-processor of a partner changed"),
    "parties.transfer_changed": _("Transfer basis changed"),
    "parties.webhook_secret_given": _("Webhook secret given to a partner"),
    "register.import_chunk": _("Rows of a list imported"),
    "register.import_failed": _("Import failed"),
    "register.import_finished": _("Import finished"),
    "register.corrected": _("Datum corrected"),
    "register.hold_begun": _("Hold begun"),
    "register.hold_ended": _("Hold ended"),
    "register.import_started": _("Import started"),
    "register.link_reopened": _("Rejected link proposed again"),
    "register.link_judged": _("Opinion on a suggested link"),
    "register.link_judgement_withdrawn": _("Opinion on a suggested link taken back"),
    "register.linked": _("Records linked"),
    "register.link_rejected": _("Suggested link rejected"),
    "register.links_proposed": _("Links between records proposed"),
    "register.provenance_told": _("Origin and recipients of a person’s data told"),
    "register.quarantine_purged": _("Quarantined rows deleted"),
    "register.unlinked": _("Records separated"),
    "rights.erased": _("Keys of a person destroyed and rows removed"),
    "rights.erasure_approved": _("Erasure approved"),
    "rights.erasure_planned": _("Erasure planned"),
    "rights.erasure_proven": _("Erasure read back and proven"),
    "rights.erasure_refused": _("Request to be erased refused"),
    "rights.erasure_started": _("Erasure started"),
    "rights.retention_batch": _("Retention carried out for some persons"),
    "rights.retention_done": _("Retention read back and proven"),
    "rights.retention_proof_ended": _("Proof of a person who is gone destroyed"),
    "rights.retention_returned": _("Fields back in use"),
    "rights.kept_ended": _("What was kept after an erasure destroyed"),
    "systems.system_set": _("System that follows changes set up"),
    "systems.system_ended": _("System follows changes no longer"),
    "systems.key_made": _("Key of a system made"),
    "systems.secret_given": _("Secret of a system given"),
    "systems.acknowledged": _("System acknowledged changes"),
    "staff.employee_changed": _("Employee changed"),
    "staff.identifiers_changed": _("Employee’s own identifiers changed"),
    "staff.password_changed": _("Password changed"),
    "staff.team_changed": _("Team changed"),
}

ACTORS = {
    "employee": _("An employee"),
    "partner": _("A partner"),
    "subject": _("The person"),
    "job": _("A job"),
    "system": _("The system"),
}


def kind_label(kind: str) -> str:
    return str(KINDS.get(kind, kind))


def failure_name(kind: Kind) -> str:
    return gettext(NAMES[kind])


def remedy(kind: Kind) -> str:
    return gettext(REMEDIES[kind])


def plain(problem: Problem) -> dict[str, Any]:
    """A problem as an event may hold it: numbers and text only."""
    params = {
        name: value if isinstance(value, int | str) else str(value) for name, value in problem.params.items()
    }
    return {"template": problem.template, "params": params}
