"""`python -m gateway`: runs the service."""

from gateway.composition import service
from sikkersak.service import run

if __name__ == "__main__":
    run(service)
