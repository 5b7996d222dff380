"""The archive core behind Fiks Arkiv v1: arkivmelding, receipt, errors, get and search, over a transport that is a plug."""

from __future__ import annotations

from archiver.fiks.access import FiksAccess
from archiver.fiks.asice import Seal
from archiver.fiks.client import FiksArkivCore
from archiver.fiks.fiks_io import FiksIOAccess, FiksIOTransport
from archiver.fiks.maskinporten import Client
from archiver.fiks.platform import Integration
from archiver.fiks.transport import Accounts, BrokerTransport

__all__ = [
    "Accounts",
    "BrokerTransport",
    "Client",
    "FiksAccess",
    "FiksArkivCore",
    "FiksIOAccess",
    "FiksIOTransport",
    "Integration",
    "Seal",
]
