"""`python -m signing`: runs the service."""

from signing.composition import service
from sikkersak.service import run

if __name__ == "__main__":
    run(service)
