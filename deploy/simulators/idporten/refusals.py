"""The three shapes of a refusal: JSON to a program, a redirect with an error, a page to a person."""

from urllib.parse import urlencode


class TokenRefusal(Exception):
    """Answered as JSON (RFC 6749 §5.2)."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
        self.status = status


class RedirectRefusal(Exception):
    """Sent back to the client through the browser (RFC 6749 §4.1.2.1)."""

    def __init__(self, error: str, description: str, redirect_uri: str, state: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
        self.redirect_uri = redirect_uri
        self.state = state

    def address(self, issuer: str) -> str:
        """Where the browser goes."""
        fields = {"error": self.error, "error_description": self.description, "state": self.state, "iss": issuer}
        return with_query(self.redirect_uri, fields)


class PageRefusal(Exception):
    """Shown to the person, since the address to go back to cannot be trusted."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def with_query(address: str, fields: dict[str, str]) -> str:
    """The address with the fields added to its query."""
    return f"{address}{'&' if '?' in address else '?'}{urlencode(fields)}"
