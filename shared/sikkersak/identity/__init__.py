"""Identity: who asks, and how the gateway proves it to the services."""

from sikkersak.identity.actor import Actor, ActorKind, Level
from sikkersak.identity.permissions import Permission
from sikkersak.identity.roles import Role
from sikkersak.identity.tokens import ActorRefused, ActorSigner, ActorVerifier, BadActorKey

__all__ = [
    "Actor",
    "ActorKind",
    "ActorRefused",
    "ActorSigner",
    "ActorVerifier",
    "BadActorKey",
    "Level",
    "Permission",
    "Role",
]
