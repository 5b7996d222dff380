"""Why a log-in does not count. Each has a text for the person; none tells who tried.

`remedy` says what the pages offer next: a new, forced log-in, the front page, or nothing but the support desk.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from sikkersak.errors import Declined


class Remedy(StrEnum):
    """What helps against a refusal."""

    FORCED_LOGIN = "forced-login"
    """Log in anew with `prompt=login`; single sign-on would give the same answer again."""
    START_AGAIN = "start-again"
    """Begin once more; the attempt was stale, cancelled or broken."""
    SUPPORT = "support"
    """Only someone who can change the set-up or the person's e-ID can help."""


class LoginRefused(Declined):
    """A log-in that must not open or strengthen a session."""

    reason: ClassVar[str] = "login-refused"
    text: ClassVar[str] = "Innloggingen ble ikke godtatt. Logg inn på nytt."
    remedy: ClassVar[Remedy] = Remedy.START_AGAIN

    def __init__(self) -> None:
        super().__init__(self.reason, self.text, status=401)


class LoginCancelled(LoginRefused):
    """The person pressed cancel at the provider."""

    reason = "login-cancelled"
    text = "Du avbrøt innloggingen."


class CallbackNotOurs(LoginRefused):
    """The callback belongs to no log-in that this browser began: wrong state, or wrong issuer (RFC 9207)."""

    reason = "login-callback-not-ours"
    text = "Innloggingen hører ikke til dette nettleservinduet, eller den tok for lang tid. Begynn på nytt."


class CodeRefused(LoginRefused):
    """The provider did not take the code: used before, too old, or another's."""

    reason = "login-code-refused"
    text = "Innloggingen er brukt eller utløpt. Logg inn på nytt."


class TokenNotTrusted(LoginRefused):
    """The token is not from the provider, not for us, or not readable."""

    reason = "login-token-not-trusted"
    text = "Svaret fra ID-porten kunne ikke bekreftes. Kontakt brukerstøtte hvis det skjer igjen."
    remedy = Remedy.SUPPORT


class TokenExpired(LoginRefused):
    """The token is outside its time."""

    reason = "login-token-expired"
    text = "Innloggingen tok for lang tid. Logg inn på nytt."


class NonceMismatch(LoginRefused):
    """The token was made for another log-in."""

    reason = "login-nonce-mismatch"
    text = "Svaret fra ID-porten hører til en annen innlogging. Begynn på nytt."


class LevelTooLow(LoginRefused):
    """The level reached is not on the list, or below what is demanded."""

    reason = "login-level-too-low"
    text = "Du må logge inn med MinID, BankID eller en annen e-ID på høyt nok nivå."
    remedy = Remedy.FORCED_LOGIN


class FeideSession(LoginRefused):
    """The session began in Feide. It never counts (M29): the person must log in anew."""

    reason = "login-began-in-feide"
    text = "Påloggingen din startet i Feide. Her må du logge inn på nytt med MinID, BankID eller Buypass."
    remedy = Remedy.FORCED_LOGIN


class LoginTooOld(LoginRefused):
    """The person proved who they are too long ago, or the provider does not say when."""

    reason = "login-too-old"
    text = "Det er for lenge siden du logget inn. Logg inn på nytt."
    remedy = Remedy.FORCED_LOGIN


class NationalNumberMissing(LoginRefused):
    """The e-ID gives no national identity number, so the person cannot be found among the staff."""

    reason = "login-national-number-missing"
    text = "E-ID-en du brukte, oppgir ikke fødselsnummer. Logg inn med MinID, BankID eller Buypass."
    remedy = Remedy.FORCED_LOGIN


class AnotherPerson(LoginRefused):
    """The new log-in is someone else's than the session's: the whole session ends."""

    reason = "login-another-person"
    text = "Innloggingen tilhører en annen person enn den som var logget inn. Du er logget ut."


class ClientRefused(LoginRefused):
    """The provider refuses us, not the person: key, client id or addresses are set up wrongly."""

    reason = "login-client-refused"
    text = "Innloggingen er ikke satt opp riktig. Kontakt brukerstøtte."
    remedy = Remedy.SUPPORT


class SessionEnded(LoginRefused):
    """There is no such session any more: idle, too old, logged out, or never begun."""

    reason = "session-ended"
    text = "Du er logget ut. Logg inn på nytt."


class RequestForged(LoginRefused):
    """A change came without the session's own token."""

    reason = "request-forged"
    text = "Siden var for gammel til å lagre. Last den på nytt og prøv igjen."

    def __init__(self) -> None:
        super().__init__()
        self.status = 403


class LogoutNotTrusted(LoginRefused):
    """A logout token that does not hold: answered 400 to the provider, never shown to a person."""

    reason = "logout-not-trusted"
    text = "Utloggingen kunne ikke bekreftes."

    def __init__(self) -> None:
        super().__init__()
        self.status = 400
