"""What a migration file calls: plain SQL, many statements at a time."""

from __future__ import annotations

from alembic import op


def run(script: str) -> None:
    """Runs a script of SQL statements in the migration's transaction."""
    bind = op.get_bind()
    bind.exec_driver_sql("select 1")  # the driver begins its transaction with the first statement it sees
    bind.connection.run_async(lambda driver: driver.execute(script))
