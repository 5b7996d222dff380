"""What the handlers of both flows need of a request, and the form of an answer."""

from __future__ import annotations

from cryptography import x509
from starlette.requests import Request
from starlette.responses import Response

from simulators.signing.container import organisation_of
from simulators.signing.jobs import Job
from simulators.signing.refusal import Refused
from simulators.signing.service import Service

PEER = "simulators.signing.peer"


def holder_of(request: Request) -> str | None:
    """The organisation in the client certificate; None on the control port, which has none."""
    peer: bytes | None = request.scope.get("extensions", {}).get(PEER)
    return organisation_of(x509.load_der_x509_certificate(peer)) if peer else None


def job_of(request: Request, service: Service, organisation: str) -> Job:
    """The job that the address names."""
    job = service.jobs.get(int(request.path_params["job"]))
    if job is None or job.organisation != organisation:
        raise Refused("SIGNATURE_JOB_NOT_FOUND", "There is no such signature job", 404)
    return job


def jobs_url(request: Request, organisation: str) -> str:
    """Where the jobs of the flow are that was asked for."""
    return f"https://{request.url.netloc}/api/{organisation}/{flow_of(request)}/signature-jobs"


def _flow(request: Request) -> str:
    return "direct" if "/direct/" in request.url.path else "portal"


def as_xml(content: bytes, headers: dict[str, str] | None = None) -> Response:
    """An answer."""
    return Response(content, headers=headers, media_type="application/xml")


def flow_of(request: Request) -> str:
    """Which flow was asked for."""
    return "direct" if "/direct/" in request.url.path else "portal"
