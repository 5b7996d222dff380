"""SCIM 2.0 (RFC 7643, RFC 7644): how the HR system tells of people who come, change and leave (M16)."""

from gateway.scim.service import PREFIX, mount

__all__ = ["PREFIX", "mount"]
