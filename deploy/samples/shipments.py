"""The mail that waits at SvarInn when the demo starts. What each piece is stands in shipments.json."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final, Literal
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict, TypeAdapter

from samples import office, paper, scan
from samples.municipality import Guardian, Municipality, Pupil, municipality
from samples.paper import Sheet
from samples.prose import prose
from samples.shipment import Category, Expected, Level, Outcome, SampleFile, Sender, Shipment

SOURCE: Final = Path(__file__).with_name("shipments.json")
NAMESPACE: Final = UUID("5d0a1f0e-3c53-5b0c-9a61-7f5f0f5c2026")
DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
Form = Literal["pdf", "old-pdf", "scan", "jpeg", "tiff", "png", "docx", "txt", "protected", "damaged"]
_FORMS: Final[dict[Form, tuple[str, Callable[[Sheet], bytes]]]] = {
    "pdf": ("application/pdf", paper.pdf),
    "old-pdf": ("application/pdf", office.unembedded_pdf),
    "scan": ("application/pdf", scan.scanned_pdf),
    "jpeg": ("image/jpeg", scan.photograph),
    "tiff": ("image/tiff", scan.fax),
    "png": ("image/png", scan.screenshot),
    "docx": (DOCX, office.word),
    "txt": ("text/plain", office.plain_text),
    "protected": ("application/pdf", office.protected_pdf),
    "damaged": ("application/pdf", office.damaged_pdf),
}
_PROBLEMS: Final = {"protected": "password", "damaged": "damaged"}


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _File(_Entry):
    name: str
    form: Form
    text: str


class _Expected(_Entry):
    outcome: Outcome = Outcome.BELONGS_HERE
    school: str | None = None
    category: Category | None = None
    document_type: str | None = None
    document_title: str | None = None
    case_number: str | None = None


class _Mail(_Entry):
    """One entry of shipments.json. `sender` is a correspondent's key, or `guardian`."""

    key: str
    sender: str
    receiver: str
    pupil: str
    title: str
    type: str | None = None
    level: Level = Level.SUBSTANTIAL
    sending_system: str = "Acos WebSak"
    duplicate_of: str | None = None
    files: tuple[_File, ...] = ()
    expected: _Expected = _Expected()


def shipments(edition: str = "demo") -> list[Shipment]:
    """All of it, oldest first. Another `edition` is the same mail with other ids, sent as if it were new."""
    entries = {entry.key: entry for entry in TypeAdapter(list[_Mail]).validate_json(SOURCE.read_bytes())}
    place = municipality()
    return [_Made(place, entry, entries, edition).shipment() for entry in entries.values()]


class _Made:
    """One shipment in the making."""

    def __init__(self, place: Municipality, entry: _Mail, entries: dict[str, _Mail], edition: str) -> None:
        # A copy has the first one's everything but the id.
        self._told = entries[entry.duplicate_of] if entry.duplicate_of else entry
        self._place, self._entry, self._edition = place, entry, edition
        self._pupil = place.pupil(self._told.pupil)
        self._guardian = next(one for one in self._pupil.guardians if one.has_parental_responsibility)
        self._reference = f"2026/{1000 + sum(map(ord, self._told.key)) % 900}"

    def shipment(self) -> Shipment:
        """As it lies at SvarInn."""
        told = self._told
        school = self._place.school(told.receiver)
        return Shipment(
            id=self._id(self._entry.key),
            key=self._entry.key,
            sender=self._sender(),
            receiver=school.organisation,
            receiver_name=school.name,
            title=told.title,
            type=told.type,
            level=told.level,
            external_reference=self._reference,
            sending_system="EDIALOG" if told.sender == "guardian" else told.sending_system,
            files=tuple(self._file(file) for file in told.files),
            expected=self._expected(),
        )

    def _id(self, key: str) -> UUID:
        return uuid5(NAMESPACE, f"{self._edition}/{key}")

    def _sender(self) -> Sender:
        if self._told.sender != "guardian":
            known = self._place.correspondent(self._told.sender)
            return Sender(known.name, known.organisation, None)
        home = self._guardian.address
        person = self._guardian
        lines = (home.line,) if home.line else ()
        return Sender(person.name, None, person.national_id, lines, home.postal_code or None, home.city or None)

    def _file(self, file: _File) -> SampleFile:
        media_type, make = _FORMS[file.form]
        name = file.name.format_map(_facts(self._pupil, self._guardian, self._place))
        return SampleFile(name, media_type, partial(self._bytes, file.text, file.form, make), _PROBLEMS.get(file.form))

    def _bytes(self, text: str, form: Form, make: Callable[[Sheet], bytes]) -> bytes:
        told = self._told
        school = self._place.school(told.receiver)
        home = school.address
        is_private = told.sender == "guardian"
        known = None if is_private else self._place.correspondent(told.sender)
        layout = "screen" if form == "png" else "sheet" if is_private else "letter"
        return make(
            Sheet(
                layout=layout,
                prose=prose(text, _facts(self._pupil, self._guardian, self._place)),
                sender=known.name if known else self._guardian.name,
                sender_lines=known.lines if known else (),
                accent=known.accent if known else "#222222",
                receiver_lines=(school.name, home.line, f"{home.postal_code} {home.city}"),
                reference=self._reference,
            )
        )

    def _expected(self) -> Expected:
        right, is_copy = self._told.expected, self._entry.duplicate_of
        is_here = right.outcome is not Outcome.GENERAL_ARCHIVE
        title = right.document_title or (self._told.title if is_here else None)
        return Expected(
            outcome=Outcome.DUPLICATE if is_copy else right.outcome,
            pupil=self._pupil.key if is_here else None,
            school=self._place.school(right.school or self._told.receiver).organisation if is_here else None,
            category=right.category,
            document_type=right.document_type,
            document_title=title,
            case_number=right.case_number,
            duplicate_of=self._id(is_copy) if is_copy else None,
        )


def _facts(pupil: Pupil, guardian: Guardian, place: Municipality) -> dict[str, str]:
    """The merge fields of texts and file names."""
    return {
        "pupil": pupil.name,
        "first": pupil.first_name,
        "born": f"{pupil.born:%d.%m.%Y}",
        "birth_number": pupil.national_id,
        "class": pupil.class_name,
        "school": place.school(pupil.school).name,
        "guardian": guardian.name,
        "guardians": " og ".join(one.name for one in pupil.guardians if one.has_parental_responsibility),
        "home": guardian.address.line,
    }
