"""`./dev demo`: the main job on sample input, from a letter that arrives to the last document archived."""

from local.demo.run import run

__all__ = ["run"]
