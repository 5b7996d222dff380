"""The redeploy drill: every service in turn gets a successor, while staff work on."""

from local.drill.run import run

__all__ = ["run"]
