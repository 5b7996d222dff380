"""Which statuses a letter passes through, by kind and by what is ordered for its receiver (SvarUt §4.8)."""

from __future__ import annotations

from enum import StrEnum

from simulators.svarut_letter import Kind, Letter


class Status(StrEnum):
    """Status V3."""

    RECEIVED = "MOTTATT"
    ACCEPTED = "AKSEPTERT"
    REJECTED = "AVVIST"
    FAILED = "FEILET_UNDER_MOTTAK"
    READY = "KLAR_FOR_MOTTAK"
    NOTIFIED = "VARSLET"
    MAILBOX_SENT = "SENDT_SDP"
    MAILBOX_DELIVERED = "LEVERT_SDP"
    SENT_DIGITALLY = "SENDT_DIGITALT"
    PRINT_SENT = "SENDT_PRINT"
    PRINTED = "PRINTET"
    READ = "LEST"
    NOT_DELIVERED = "IKKE_LEVERT"
    HANDLED = "MANUELT_HANDTERT"
    DELETED = "SLETTET"
    HEALTH_SENT = "SENDT_NHN_MOTTAKER"
    HEALTH_DELIVERED = "LEVERT_NHN_MOTTAKER"


class ReceiverRule(StrEnum):
    """What happens to letters to one receiver; `PUT /_control/receivers`."""

    MAILBOX = "mailbox"  # a person with a digital mailbox: the default
    READ = "read"  # notified through Altinn, and reads: the default for organisations
    UNREAD = "unread"  # notified, never reads: paper, or SENDT_DIGITALT when only digital
    PRINT = "print"  # reserved against digital post: paper
    DECLINED = "declined"  # AVVIST after the id was given
    WRONG_ADDRESS = "wrong_address"  # FEILET_UNDER_MOTTAK after the id was given
    UNDELIVERABLE = "undeliverable"  # IKKE_LEVERT
    UNKNOWN = "unknown"  # refused at once: not in Enhetsregisteret or the population register


EVENTS = {
    Status.RECEIVED: "Mottatt, og tildelt forsendelse-id",
    Status.ACCEPTED: "Akseptert for ekspedering",
    Status.REJECTED: "Forsendelsen er avvist: mottakeren kan ikke ta imot",
    Status.FAILED: "Feil under mottak: adressen kan ikke brukes",
    Status.READY: "Klar for mottak i mottakers system",
    Status.NOTIFIED: "Mottaker er varslet gjennom Altinn",
    Status.MAILBOX_SENT: "Sendt til sikker digital postkasse",
    Status.MAILBOX_DELIVERED: "Levert til sikker digital postkasse",
    Status.SENT_DIGITALLY: "Lesefrist passert, skrives ikke ut",
    Status.PRINT_SENT: "Sendt til utskrift",
    Status.PRINTED: "Skrevet ut og postlagt",
    Status.READ: "Lest av mottaker",
    Status.NOT_DELIVERED: "Ingen digital kanal kunne brukes",
    Status.HANDLED: "Manuelt håndtert",
    Status.DELETED: "Slettet",
}
REFUSED = {ReceiverRule.DECLINED: Status.REJECTED, ReceiverRule.WRONG_ADDRESS: Status.FAILED}
PAPER = (Status.PRINT_SENT, Status.PRINTED)


def course(kind: Kind, letter: Letter, rule: ReceiverRule | None, *, in_svarinn: bool) -> list[Status]:
    """The statuses in their order; each takes one step of the stand-in's pace."""
    return [Status.RECEIVED, *after_receiving(kind, letter, rule, in_svarinn=in_svarinn)]


def after_receiving(kind: Kind, letter: Letter, rule: ReceiverRule | None, *, in_svarinn: bool) -> tuple[Status, ...]:
    """Everything after MOTTATT."""
    if rule in REFUSED:
        return (REFUSED[rule],)
    if in_svarinn:
        return (Status.ACCEPTED, Status.READY)
    if kind is Kind.PRINT:
        return (Status.ACCEPTED, *PAPER)
    can_print = letter.mottaker.adresse is not None and not letter.kunDigitalLevering
    usual = ReceiverRule.READ if kind is Kind.ORGANISATION else ReceiverRule.MAILBOX
    return (Status.ACCEPTED, *ways(can_print=can_print)[rule or usual])


def ways(*, can_print: bool) -> dict[ReceiverRule, tuple[Status, ...]]:
    """How an accepted letter reaches its receiver, by rule."""
    return {
        ReceiverRule.MAILBOX: (Status.MAILBOX_SENT, Status.MAILBOX_DELIVERED),
        ReceiverRule.READ: (Status.NOTIFIED, Status.READ),
        ReceiverRule.UNREAD: (Status.NOTIFIED, *(PAPER if can_print else (Status.SENT_DIGITALLY,))),
        ReceiverRule.PRINT: PAPER if can_print else (Status.NOT_DELIVERED,),
        ReceiverRule.UNDELIVERABLE: (Status.NOT_DELIVERED,),
    }
