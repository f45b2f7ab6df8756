"""How the energy counter is kept: one row that never falls, whoever writes it. A database format."""

__all__ = ["READ", "TABLE", "WRITE"]

TABLE = "CREATE TABLE IF NOT EXISTS netstab_energy (counter BIGINT PRIMARY KEY, joules DOUBLE PRECISION)"

WRITE = """INSERT INTO netstab_energy VALUES (1, ?) ON CONFLICT (counter) DO UPDATE
    SET joules = excluded.joules WHERE netstab_energy.joules < excluded.joules"""

READ = "SELECT joules FROM netstab_energy WHERE counter = 1"
