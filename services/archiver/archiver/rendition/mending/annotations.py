"""Annotations and form fields: each shows what it showed, through an appearance that lies in the file (§6.3, §6.4)."""

from __future__ import annotations

from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

from archiver.rendition.mending.walk import Tally, drop, name_of, number_of

INVISIBLE, HIDDEN, PRINT, NO_VIEW, TOGGLE_NO_VIEW = 1, 2, 4, 32, 256
NOT_ALLOWED = frozenset({"/3D", "/Sound", "/Screen", "/Movie", "/RichMedia", "/FileAttachment", "/TrapNet"})
WITHOUT_APPEARANCE = frozenset({"/Popup", "/Link"})


def mend_annotations(pdf: Pdf, tally: Tally) -> None:
    """Drops what may not be there or was never seen, and gives the rest a lawful appearance."""
    _draw_form_values(pdf, tally)
    for page in pdf.pages:
        annotations = page.obj.get("/Annots")
        if not isinstance(annotations, Array):
            drop(page.obj, "/Annots")
            continue
        every: list[Object] = list(annotations)
        shown = [one for one in every if isinstance(one, Dictionary) and _is_shown(one)]
        tally["annotations-dropped"] += len(every) - len(shown)
        for annotation in shown:
            _mend_annotation(pdf, annotation, tally)
        page.obj["/Annots"] = Array(shown)


def _draw_form_values(pdf: Pdf, tally: Tally) -> None:
    """Values of form fields get an appearance while the file still asks for it; then the asking goes."""
    form = pdf.Root.get("/AcroForm")
    if not isinstance(form, Dictionary):
        return
    if form.get("/NeedAppearances", False):
        pdf.generate_appearance_streams()
        tally["form-values-drawn"] = 1
    drop(form, "/NeedAppearances", "/XFA", "/SigFlags")


def _is_shown(annotation: Object) -> bool:
    flags = int(number_of(annotation, "/F"))
    if name_of(annotation, "/Subtype") in NOT_ALLOWED:
        return False
    return not flags & (INVISIBLE | HIDDEN | NO_VIEW)


def _mend_annotation(pdf: Pdf, annotation: Object, tally: Tally) -> None:
    flags = int(number_of(annotation, "/F"))
    annotation["/F"] = (flags | PRINT) & ~TOGGLE_NO_VIEW
    kind = name_of(annotation, "/Subtype")
    is_button = kind == "/Widget" and _inherited(annotation, "/FT") == "/Btn"
    appearance = annotation.get("/AP")
    if isinstance(appearance, Dictionary):
        normal = appearance.get("/N")
        for key in [key for key in appearance.keys() if key != "/N"]:  # noqa: SIM118 – not a dict
            del appearance[key]
        if isinstance(normal, Stream) and not is_button:
            return
        if isinstance(normal, Dictionary) and not isinstance(normal, Stream):
            if is_button and _has_looks(pdf, normal):
                return
            if chosen := _state(annotation, normal):
                appearance["/N"] = chosen
                return
        if isinstance(normal, Stream) and is_button:
            state = Name(name_of(annotation, "/AS") or "/Off")
            annotation["/AS"] = state
            appearance["/N"] = Dictionary({str(state): normal})
            return
        drop(annotation, "/AP")
    if kind not in WITHOUT_APPEARANCE and _has_area(annotation):
        _show_nothing(pdf, annotation, is_button)
        tally["appearances-empty"] += not is_button and kind != "/Widget"


def _has_looks(pdf: Pdf, states: Object) -> bool:
    """Whether a button looks like anything in any state; a state without a look of its own gets an empty one."""
    looks = {key: isinstance(states[key], Stream) for key in list(states.keys())}
    if any(looks.values()):
        for key in [key for key, is_look in looks.items() if not is_look]:
            states[key] = pdf.make_stream(b"", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 1, 1]))
    return any(looks.values())


def _state(annotation: Object, states: Object) -> Stream | None:
    chosen = states.get(name_of(annotation, "/AS") or "/Off")
    return chosen if isinstance(chosen, Stream) else None


def _inherited(field: Object, key: str) -> str:
    """A field's name-valued key, its own or its parents'."""
    for _ in range(32):
        if key in field:
            return name_of(field, key)
        parent = field.get("/Parent")
        if not isinstance(parent, Dictionary):
            return ""
        field = parent
    return ""


def _has_area(annotation: Object) -> bool:
    corners = annotation.get("/Rect")
    if not isinstance(corners, Array) or len(corners) != 4:
        return True
    left, bottom, right, top = (float(corner) for corner in corners)
    return left != right and bottom != top


def _show_nothing(pdf: Pdf, annotation: Object, is_button: bool) -> None:
    corners = annotation.get("/Rect")
    box = [0.0, 0.0, 0.0, 0.0]
    if isinstance(corners, Array) and len(corners) == 4:
        left, bottom, right, top = (float(corner) for corner in corners)
        box = [0.0, 0.0, abs(right - left), abs(top - bottom)]
    form = pdf.make_stream(b"", Type=Name.XObject, Subtype=Name.Form, BBox=Array(box), Resources=Dictionary())
    if is_button:
        annotation["/AS"] = Name.Off
        annotation["/AP"] = Dictionary(N=Dictionary(Off=form))
    else:
        annotation["/AP"] = Dictionary(N=form)
