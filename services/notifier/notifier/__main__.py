"""`python -m notifier`: runs the service."""

from notifier.composition import service
from sikkersak.service import run

if __name__ == "__main__":
    run(service)
