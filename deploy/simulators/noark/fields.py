"""What a client may write into an entity, and what the core fills in by itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from simulators.noark.codes import filled
from simulators.noark.kinds import KINDS
from simulators.noark.refusal import Refused
from simulators.noark.tree import OSLO, Entity, Tree, now

TITLE_SCREENED = frozenset({"TMO", "TM1", "TRO", "TR1"})
# Also given by the server, and so ignored when a client sends them back with a PUT.
GIVEN_BACK = frozenset({"systemID", "opprettetDato", "opprettetAv", "_links"})


def checked(tree: Tree, kind: str, given: object) -> dict[str, Any]:
    """The fields as the core keeps them: known, complete, of the right form, with the names of codes.

    :raises Refused: 400.
    """
    if not isinstance(given, Mapping):
        raise Refused(400, "Innholdet må være et JSON-objekt")
    body = {name: value for name, value in given.items() if value not in (None, "") and name not in GIVEN_BACK}
    definition = KINDS[kind]
    if unknown := set(body) - definition.fields:
        raise Refused(400, f"Ukjent felt: {min(unknown)}")
    if missing := set(definition.required) - set(body):
        raise Refused(400, f"Feltet {min(missing)} mangler")
    for name, listed in definition.codes.items():
        if name in body:
            body[name] = filled(listed, body[name])
    for name, value in body.items():
        if name.lower().endswith("dato"):
            check_time(name, value)
    if "skjerming" in body:
        body["skjerming"] = screening(body)
    check_own_fields(tree, body.get("virksomhetsspesifikkeMetadata", {}))
    return body


def check_time(name: str, value: object) -> None:
    """Times carry their zone."""
    try:
        parsed = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise Refused(400, f"Feltet {name} er ikke et tidspunkt") from error
    if parsed.tzinfo is None:
        raise Refused(400, f"Feltet {name} mangler tidssone")


def screening(body: Mapping[str, Any]) -> dict[str, Any]:
    """Skjerming with its codes filled in (M502: a screened title needs a public one)."""
    given = body["skjerming"]
    if not isinstance(given, Mapping) or not given.get("skjermingMetadata") or not given.get("skjermingshjemmel"):
        raise Refused(400, "Skjerming må ha skjermingshjemmel og skjermingMetadata")
    made = dict(given)
    made["tilgangsrestriksjon"] = filled("tilgangsrestriksjon", given.get("tilgangsrestriksjon"))
    made["skjermingMetadata"] = [filled("skjermingmetadata", code) for code in given["skjermingMetadata"]]
    if "skjermingDokument" in given:
        made["skjermingDokument"] = filled("skjermingdokument", given["skjermingDokument"])
    if {code["kode"] for code in made["skjermingMetadata"]} & TITLE_SCREENED and "offentligTittel" not in body:
        raise Refused(400, "offentligTittel mangler når tittelen er skjermet")
    return made


def check_own_fields(tree: Tree, given: object) -> None:
    """Only fields that are defined may be used."""
    if not isinstance(given, Mapping):
        raise Refused(400, "virksomhetsspesifikkeMetadata må være et objekt")
    defined = {one.body["navn"] for one in tree.of(["virksomhetsspesifikkeMetadata"])}
    for name in given:
        if name not in defined:
            raise Refused(400, f"Virksomhetsspesifikt felt er ikke definert: {name}")


def merged(target: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """RFC 7396."""
    result = dict(target)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, Mapping):
            inner = result.get(name)
            result[name] = merged(inner if isinstance(inner, Mapping) else {}, value)
        else:
            result[name] = value
    return result


def fill(tree: Tree, kind: str, parent: Entity | None, body: dict[str, Any], author: str) -> dict[str, Any]:
    """Adds what the core gives by itself when the entity is made."""
    if parent is None:
        return body
    moment, year = now().isoformat(), now().astimezone(OSLO).year
    match kind:
        case "saksmappe":
            number = tree.number(f"case-{year}")
            body = {"saksstatus": filled("saksstatus", {"kode": "B"}), "saksdato": moment, **body}
            body |= {"saksaar": year, "sakssekvensnummer": number, "mappeID": f"{year}/{number}"}
        case "journalpost":
            number = tree.number(f"entry-{parent.id}")
            body = {"journalstatus": filled("journalstatus", {"kode": "R"}), "journaldato": moment, **body}
            body |= {"journalaar": year, "journalsekvensnummer": tree.number(f"journal-{year}")}
            body |= {"journalpostnummer": number, "registreringsID": f"{parent.body['mappeID']}-{number}"}
        case "dokumentbeskrivelse":
            count = sum(1 for _ in tree.under(parent, [kind]))
            body = {"dokumentstatus": filled("dokumentstatus", {"kode": "B"}), "dokumentnummer": count + 1, **body}
            body |= {"tilknyttetDato": moment, "tilknyttetAv": author}
        case "dokumentobjekt":
            body = {"versjonsnummer": 1, "variantformat": filled("variantformat", {"kode": "P"}), **body}
        case "avskrivning":
            body = {"avskrivningsdato": moment, "avskrevetAv": author, **body}
    return body
