"""Makes the signed document: a front page, the originals, the signers' evidence attached, and a seal over it all (PAdES)."""

from __future__ import annotations

import io
from collections.abc import Iterable

import pikepdf
from asn1crypto import keys, x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.embed import EmbeddedFileObject, FileSpec, embed_file
from pyhanko.pdf_utils.generic import NameObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, SimpleSigner, sign_pdf
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from simulators.signing.authority import Authority, Holder
from simulators.signing.jobs import Job
from simulators.signing.signer_evidence import display_name

_A4 = (595, 842)
_MARK = "SIMULERT SIGNERING - UTEN RETTSVIRKNING"


def seal(job: Job, authority: Authority, lacks: str | None = None) -> bytes:
    """The PAdES of a completed job, with timestamp and long-term data (B-LT) unless it `lacks` one of them. Blocking.

    The real service also puts a footer on each page and keeps PDF/A; the stand-in leaves pages as they are.
    """
    writer = IncrementalPdfFileWriter(io.BytesIO(_with_front_page(job)))
    for signer in job.signers:
        content = EmbeddedFileObject.from_file_data(writer, signer.xades or b"", mime_type="application/xml")
        name = f"xades_{signer.number}.xml"
        relation = NameObject("/Supplement")
        embed_file(writer, FileSpec(name, name, content, description=name, af_relationship=relation))
    root = _certificate(authority.signing)
    context = ValidationContext(trust_roots=[root], crls=[authority.revocations()], allow_fetching=False)
    metadata = PdfSignatureMetadata(
        field_name="Signering",
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        reason=_MARK,
        embed_validation_info=lacks != "no-revocations",
        validation_context=context,
        signer_key_usage={"digital_signature"},
    )
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    store.register(root)
    document_seal = authority.document_seal
    signer_of_document = SimpleSigner(_certificate(document_seal), _key(document_seal), cert_registry=store)
    clock = DummyTimeStamper(_certificate(authority.timestamps), _key(authority.timestamps), certs_to_embed=store)
    timestamper = None if lacks == "no-timestamp" else clock
    sealed = sign_pdf(writer, metadata, signer=signer_of_document, timestamper=timestamper)
    return bytes(sealed.getbuffer())


def _with_front_page(job: Job) -> bytes:
    with pikepdf.new() as result:
        _add_front_page(result, _front_page_lines(job))
        for document in job.documents:
            with pikepdf.open(io.BytesIO(document.content)) as original:
                result.pages.extend(original.pages)
        buffer = io.BytesIO()
        result.save(buffer)
        return buffer.getvalue()


def _front_page_lines(job: Job) -> Iterable[str]:
    yield _MARK
    yield job.title
    for document in job.documents:
        yield f"Dokument: {document.title}"
    for signer in job.signers:
        signed = signer.since or job.created_at
        yield f"Signert av {display_name(signer)} {signed:%d.%m.%Y %H:%M} UTC"


def _add_front_page(result: pikepdf.Pdf, lines: Iterable[str]) -> None:
    page = result.add_blank_page(page_size=_A4)
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font,
        Subtype=pikepdf.Name.Type1,
        BaseFont=pikepdf.Name.Helvetica,
        Encoding=pikepdf.Name.WinAnsiEncoding,
    )
    page.obj.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=result.make_indirect(font)))
    shown = b" T* ".join(b"<" + line.encode("cp1252", "replace").hex().encode() + b"> Tj" for line in lines)
    page.obj.Contents = result.make_stream(b"BT /F1 12 Tf 20 TL 60 760 Td " + shown + b" ET")


def _certificate(holder: Holder) -> x509.Certificate:
    return x509.Certificate.load(holder.certificate.public_bytes(Encoding.DER))


def _key(holder: Holder) -> keys.PrivateKeyInfo:
    return keys.PrivateKeyInfo.load(holder.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
