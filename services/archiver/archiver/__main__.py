"""`python -m archiver`: runs the service."""

from archiver.composition import service
from sikkersak.service import run

if __name__ == "__main__":
    run(service)
