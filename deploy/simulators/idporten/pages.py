"""The few pages a person sees. Marked as simulated, so that nobody takes them for the real thing."""

from html import escape

from starlette.responses import HTMLResponse

from simulators.idporten.provider import AuthorizationRequest, Provider
from simulators.idporten.registry import METHODS

_STYLE = """
body{font-family:system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem;color:#1e2b3c}
.mark{background:#fff3cd;border:1px solid #b58900;padding:.5rem 1rem}fieldset{margin:1rem 0;border:1px solid #888}
label{display:block;padding:.25rem 0}button{font-size:1rem;padding:.5rem 1.25rem;margin-right:.5rem}
"""


def page(title: str, body: str, status: int = 200) -> HTMLResponse:
    """A whole page with the given body, which is trusted HTML."""
    mark = '<p class="mark"><strong>SIMULERT ID-porten.</strong> Bare oppdiktede personer.</p>'
    return HTMLResponse(
        f'<!doctype html><html lang="nb"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><main>{mark}<h1>{escape(title)}</h1>{body}</main></body></html>",
        status_code=status,
        headers={"Cache-Control": "no-store"},
    )


def refusal_page(text: str) -> HTMLResponse:
    """What went wrong, in the person's words."""
    return page("Innloggingen stoppet", f"<p>{escape(text)}</p>", status=400)


def login_page(provider: Provider, wanted: AuthorizationRequest, interaction: str) -> HTMLResponse:
    """Choose a person and a way to log in."""
    people = "".join(
        f'<label><input type="radio" name="user" value="{escape(user.username)}" required> '
        f"{escape(user.name)} ({escape(user.username)})</label>"
        for user in provider.registry.users
    )
    methods = "".join(
        f'<label><input type="radio" name="method" value="{code}"{" checked" if code == "minid" else ""}'
        f"{'' if provider.reaches(method, wanted) else ' disabled'}> {escape(method.label)}</label>"
        for code, method in METHODS.items()
    )
    body = (
        f"<p>Du logger inn i <strong>{escape(wanted.client.name)}</strong>.</p>"
        f'<form method="post" action="/authorize"><input type="hidden" name="interaction" value="{interaction}">'
        f"<fieldset><legend>Person</legend>{people}</fieldset><fieldset><legend>Måte</legend>{methods}</fieldset>"
        '<button type="submit">Logg inn</button>'
        '<button type="submit" name="cancel" value="1" formnovalidate>Avbryt</button></form>'
    )
    return page("Logg inn", body)


def logged_out_page(frames: list[str], onward: str | None) -> HTMLResponse:
    """Tells the front-channel clients in frames and leads on; without an address the person stays here."""
    hidden = "".join(f'<iframe src="{escape(frame)}" hidden></iframe>' for frame in frames)
    link = f'<p><a id="onward" href="{escape(onward)}">Tilbake til tjenesten</a></p>' if onward else ""
    return page("Du er logget ut", hidden + link)
