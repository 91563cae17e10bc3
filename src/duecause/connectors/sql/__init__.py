"""SQL databases through SQLAlchemy 2 Core: PostgreSQL, MariaDB and SQLite are tested."""
