"""PostgreSQL: a schema and a login role per service, short locks, migrations beside the running version (R1, R14)."""
