"""Actions: what PDF/A-2 forbids a document to do when it is opened, clicked or left (ISO 19005-2 §6.5)."""

from __future__ import annotations

from pikepdf import Array, Dictionary, Object

from archiver.rendition.mending.walk import Tally, drop, name_of

ALLOWED = frozenset({"/GoTo", "/URI", "/Named", "/Thread"})
PAGE_MOVES = frozenset({"/NextPage", "/PrevPage", "/FirstPage", "/LastPage"})
MAX_CHAIN = 100


def mend_actions(everything: list[Object], tally: Tally) -> None:
    """Removes forbidden actions wherever they hang, also in the middle of a chain. URI and GoTo stay."""
    for holder in everything:
        tally["actions-removed"] += drop(holder, "/AA")
        for key in ("/A", "/OpenAction", "/PA"):
            action = holder.get(key)
            if isinstance(action, Dictionary) and (_is_on_field(holder) or _is_forbidden(action)):
                del holder[key]
                tally["actions-removed"] += 1
            elif isinstance(action, Dictionary):
                _mend_chain(action, tally)


def _is_forbidden(action: Object) -> bool:
    if "/S" not in action:  # not an action: attributes of a structure element stand at the same key
        return False
    kind = name_of(action, "/S")
    return kind not in ALLOWED or (kind == "/Named" and name_of(action, "/N") not in PAGE_MOVES)


def _is_on_field(holder: Object) -> bool:
    """Form fields do nothing at all (§6.4.1)."""
    return name_of(holder, "/Subtype") == "/Widget"


def _mend_chain(action: Object, tally: Tally) -> None:
    """What follows an allowed action; a chain that bites its own tail is cut."""
    for _ in range(MAX_CHAIN):
        following = action.get("/Next")
        if following is None:
            return
        steps = list(following) if isinstance(following, Array) else [following]
        allowed = [step for step in steps if isinstance(step, Dictionary) and not _is_forbidden(step)]
        tally["actions-removed"] += len(steps) - len(allowed)
        if len(allowed) != 1:
            drop(action, "/Next")
            return
        action["/Next"] = allowed[0]
        action = allowed[0]
    drop(action, "/Next")
