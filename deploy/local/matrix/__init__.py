"""The access matrix: every operation tried as everyone, against running services, and held against the policy."""

from local.matrix.run import run

__all__ = ["run"]
