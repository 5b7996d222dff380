"""`python -m sikkersak.persistence.migrate SERVICE`: brings a service's schema to the newest version.

MIGRATION_DATABASE_URL is the schema's owner role. MIGRATIONS_DIR names the folder with the versions where it is not
`services/SERVICE/migrations` beside this library.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config


def migrate(service: str, url: str, folder: Path) -> None:
    """Runs every migration in `folder` that the schema `service` does not have yet."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "alembic"))
    config.set_main_option("version_locations", str(folder))
    config.set_main_option("path_separator", "os")
    config.attributes["schema"] = service
    config.attributes["url"] = url.replace("postgresql://", "postgresql+asyncpg://", 1)
    command.upgrade(config, "head")


def main(arguments: list[str]) -> int:
    """Returns 0 when the schema is at its newest version, 2 when called wrongly."""
    url = os.environ.get("MIGRATION_DATABASE_URL")
    if len(arguments) != 1 or url is None:
        print(__doc__, file=sys.stderr)
        return 2
    service = arguments[0]
    beside = Path(__file__).resolve().parents[3] / "services" / service / "migrations"
    migrate(service, url, Path(os.environ.get("MIGRATIONS_DIR", beside)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
