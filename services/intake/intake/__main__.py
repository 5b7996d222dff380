"""`python -m intake`: runs the service."""

from intake.composition import service
from sikkersak.service import run

if __name__ == "__main__":
    run(service)
