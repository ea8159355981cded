"""The shared control store: a schema of its own in a PostgreSQL database, for several processes or hosts."""

from pydantic import SecretStr
from sqlalchemy import URL, Connection, Table, create_engine, event, func, inspect, make_url, select
from sqlalchemy.exc import ArgumentError

from activator.errors import ConfigurationError, LedgerError
from activator.ledger.database import Database

VARIABLE = "ACTIVATOR_LEDGER_URL"
# A dead host is noticed by keepalives within about a minute, not when TCP gives up.
CONNECT_SECONDS, LOCK_SECONDS = 5, 30
KEEPALIVES = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}


def opened(server: SecretStr, schema: str) -> Database:
    """Connect lazily; the schema is made on first use.

    Raises:
        ConfigurationError: the address cannot be used, or the driver is not installed.
    """
    url = _url(server)
    engine = create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": CONNECT_SECONDS, **KEEPALIVES})
    begin = _Begin(schema)
    event.listen(engine, "begin", begin)
    database = Database(
        engine,
        name=f"the ledger in schema {schema} of {url.host or 'the local server'}",
        unusable=f"Check the server, and user, password and database in {VARIABLE}.",
        damaged="Look at the server's log; restore the schema from a backup rather than dropping it.",
    )
    try:
        _make_schema(database, schema)
    except LedgerError:
        engine.dispose()
        raise
    return database


def go_on_counting(connection: Connection, table: Table) -> None:
    """After rows with numbers of their own: the next one the server gives is higher."""
    column = table.autoincrement_column
    if column is not None:
        following = select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()
        counter = func.pg_get_serial_sequence(table.name, column.name)
        connection.execute(select(func.setval(counter, following, False)))


def _make_schema(database: Database, schema: str) -> None:
    """Asked first: making one takes a right that the ledger's user needs only once, or not at all."""
    with database.reading() as connection:
        there = inspect(connection).has_schema(schema)
    if not there:
        with database.changing() as connection:
            connection.exec_driver_sql(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')


class _Begin:
    """What starts a transaction. SET LOCAL and locks of a transaction also work behind a pooler such as PgBouncer."""

    def __init__(self, schema: str) -> None:
        self._both = f"SET LOCAL search_path TO \"{schema}\"; SET LOCAL lock_timeout TO '{LOCK_SECONDS}s'"
        self._queue = f"SELECT pg_advisory_xact_lock(hashtextextended('{schema}', 0))"

    def __call__(self, connection: Connection) -> None:
        """Readers see one state; writers queue up, as SQLite's do: what they read stays true until they commit."""
        if connection.get_execution_options().get("writing", False):
            connection.exec_driver_sql(f"SET TRANSACTION READ WRITE; {self._both}; {self._queue}")
        else:
            connection.exec_driver_sql(f"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY; {self._both}")


def _url(server: SecretStr) -> URL:
    try:
        url = make_url(server.get_secret_value())
    except ArgumentError:
        raise ConfigurationError(f"{VARIABLE} is not an address", _EXAMPLE) from None
    if url.get_backend_name() not in ("postgres", "postgresql"):
        raise ConfigurationError(f"{VARIABLE} names no PostgreSQL server", _EXAMPLE)
    try:
        import psycopg  # noqa: F401
    except ImportError:
        raise ConfigurationError(
            "the PostgreSQL driver is not installed", "pip install 'audience-activator[postgres]'"
        ) from None
    return url.set(drivername="postgresql+psycopg")


_EXAMPLE = "Write it like postgres://user:password@host:5432/database."
