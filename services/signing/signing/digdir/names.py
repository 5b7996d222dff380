"""Names the protocol's XML is written with."""

from __future__ import annotations

from typing import Final

API: Final = "http://signering.posten.no/schema/v1"
DS: Final = "http://www.w3.org/2000/09/xmldsig#"
XADES: Final = "http://uri.etsi.org/01903/v1.3.2#"
ASIC: Final = "http://uri.etsi.org/2918/v1.2.1#"

C14N: Final = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
RSA_SHA256: Final = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"
SHA1: Final = "http://www.w3.org/2000/09/xmldsig#sha1"
SIGNED_PROPERTIES: Final = "http://uri.etsi.org/01903#SignedProperties"
