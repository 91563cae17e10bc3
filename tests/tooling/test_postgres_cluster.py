import psycopg
import pytest

from tests.support import postgres

pytestmark = pytest.mark.skipif(postgres.programs() is None, reason="PostgreSQL is not installed")


def test_a_cluster_serves_both_databases_durably_and_is_gone_afterwards():
    with postgres.cluster() as url:
        with psycopg.connect(url) as connection:
            names = {name for (name,) in connection.execute("select datname from pg_database")}
            (fsync,) = connection.execute("show fsync").fetchone()
            (addresses,) = connection.execute("show listen_addresses").fetchone()
        assert set(postgres.DATABASES) <= names
        assert (fsync, addresses) == ("on", "")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
