"""The whole API tried from its own description, with things in it to be tried on."""

from local.exploration.seeds import Seeds
from local.exploration.sowing import people_for, seed
from local.exploration.trying import Exploration, Findings

__all__ = ["Exploration", "Findings", "Seeds", "people_for", "seed"]
