"""Who may follow what leaves the house, and mend it: archiver, signing, notifier (M20, M21, M25, M26)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sikkersak.identity.permissions import Permission
from sikkersak.identity.policy.rules import Rule, Subject, at_school, gateway_itself, holding, listing, noted, staff

LOG: Final = "Arkivloggen er for administrator, postfordeler og skoleleder."
MENDING: Final = "Bare administrator og postfordeler kan sende på nytt, rette, oppgi og avstemme."
RECONCILED: Final = "Avstemming er for administrator, postfordeler og drift."
EXTRACTION: Final = "Uttrekk til avlevering er for administrator."
ARCHIVED: Final = at_school(
    Permission.ARCHIVE_LOG, or_anywhere=Permission.ARCHIVE_LOG_ALL, refusal=LOG, subject=Subject.DELIVERY
)
JOB: Final = at_school(
    Permission.FOLLOW_SENDINGS,
    or_anywhere=Permission.FOLLOW_ALL_SENDINGS,
    refusal="Du må oppgi hvilket dokument det gjelder.",
    subject=Subject.JOB,
)
CONSIGNMENT: Final = replace(JOB, subject=Subject.CONSIGNMENT)
# What changes what leaves the house is for who may write in the case: by the school, or by naming a document whose
# case's owner has confirmed it.
DECIDED_ABOUT: Final = replace(
    at_school(
        Permission.WRITE_SCHOOL,
        refusal="Du må ha skrivetilgang til saken, og oppgi hvilket dokument det gjelder.",
        subject=Subject.JOB,
    ),
    is_open_by_document=True,
)
RULES: Final[dict[str, Rule]] = {
    "archiver.list_deliveries.v1": listing(
        Subject.DELIVERY, Permission.ARCHIVE_LOG, everything=Permission.ARCHIVE_LOG_ALL, refusal=LOG
    ),
    "archiver.read_delivery.v1": noted(ARCHIVED),
    "archiver.read_renditions.v1": noted(ARCHIVED),
    "archiver.choose_rendition.v1": holding(Permission.MEND_ARCHIVING, refusal=MENDING, subject=Subject.DELIVERY),
    "archiver.retry_delivery.v1": holding(
        Permission.MEND_ARCHIVING,
        refusal="Bare administrator og postfordeler kan sende på nytt.",
        subject=Subject.DELIVERY,
    ),
    "archiver.group_deliveries.v1": listing(
        Subject.DELIVERY, Permission.ARCHIVE_LOG, everything=Permission.ARCHIVE_LOG_ALL, refusal=LOG
    ),
    "archiver.count_not_archived.v1": listing(
        Subject.DELIVERY, Permission.ARCHIVE_LOG, everything=Permission.ARCHIVE_LOG_ALL, refusal=LOG
    ),
    "archiver.retry_deliveries.v1": holding(Permission.MEND_ARCHIVING, refusal=MENDING),
    "archiver.mend_delivery.v1": holding(Permission.MEND_ARCHIVING, refusal=MENDING, subject=Subject.DELIVERY),
    "archiver.give_up_delivery.v1": holding(Permission.MEND_ARCHIVING, refusal=MENDING, subject=Subject.DELIVERY),
    "archiver.start_reconciliation.v1": holding(Permission.MEND_ARCHIVING, refusal=MENDING),
    "archiver.list_reconciliations.v1": holding(Permission.ARCHIVE_LOG_ALL, refusal=RECONCILED),
    "archiver.read_reconciliation.v1": holding(Permission.ARCHIVE_LOG_ALL, refusal=RECONCILED),
    **{
        f"archiver.{name}.v1": holding(Permission.ADMINISTER, refusal=EXTRACTION)
        for name in ("order_extraction", "list_extractions", "read_extraction", "fetch_extraction")
    },
    # Anyone may ask about one document; its owner, cases, has been asked first. Lists are for those who follow them.
    "signing.list_jobs.v1": listing(
        Subject.JOB,
        Permission.FOLLOW_SENDINGS,
        everything=Permission.FOLLOW_ALL_SENDINGS,
        refusal="Du må oppgi hvilket dokument det gjelder.",
        or_by_document=True,
    ),
    "signing.read_job.v1": noted(replace(JOB, is_open_by_document=True)),
    "signing.cancel_job.v1": DECIDED_ABOUT,
    "signing.open_ceremony.v1": noted(DECIDED_ABOUT),
    "signing.return_from_ceremony.v1": gateway_itself(),
    "notifier.list_consignments.v1": listing(
        Subject.CONSIGNMENT,
        Permission.FOLLOW_SENDINGS,
        everything=Permission.FOLLOW_ALL_SENDINGS,
        refusal="Du kan se forsendelser for ett dokument om gangen.",
        or_by_document=True,
    ),
    "notifier.announce_outage.v1": holding(
        *(Permission.ADMINISTER, Permission.HANDLE_MAIL, Permission.OPERATE),
        refusal="Bare administrator, postfordeler og drift kan sende driftsmeldinger.",
    ),
    "notifier.read_consignment.v1": noted(replace(CONSIGNMENT, is_open_by_document=True)),
    "notifier.resolve_letter.v1": replace(DECIDED_ABOUT, subject=Subject.CONSIGNMENT),
    "notifier.read_preferences.v1": staff(),
    "notifier.put_preferences.v1": staff(),
    "notifier.put_own_channel.v1": staff(),
    "notifier.remove_own_channel.v1": staff(),
    "notifier.retry_consignment.v1": at_school(
        Permission.FOLLOW_SENDINGS,
        or_anywhere=Permission.FOLLOW_ALL_SENDINGS,
        refusal="Bare postfordeler, skoleleder, administrator og drift kan prøve på nytt.",
        subject=Subject.CONSIGNMENT,
    ),
}
