"""`python -m cases`: runs the service."""

from cases.composition import service
from sikkersak.service import run

if __name__ == "__main__":
    run(service)
