"""What an installation may set; read once at the edge and passed down."""

from functools import lru_cache
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class StoreSettings(BaseSettings):
    """Where the data lives and which keys protect it."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    home: Path = Field(
        default=Path(".almoner"),
        validation_alias="ALMONER_HOME",
        description="Folder of the embedded server, its data and the generated secrets.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        validation_alias="DATABASE_URL",
        description="An external PostgreSQL 16+, as the role that owns the tables. "
        "Empty: the embedded server.",
    )
    database_staff_url: SecretStr | None = Field(
        default=None,
        validation_alias="DATABASE_STAFF_URL",
        description="The run-time role for staff, where it is not derived from DATABASE_URL.",
    )
    database_visitor_url: SecretStr | None = Field(
        default=None,
        validation_alias="DATABASE_VISITOR_URL",
        description="The run-time role for website visitors.",
    )
    database_reader_url: SecretStr | None = Field(
        default=None,
        validation_alias="DATABASE_READER_URL",
        description="The read-only role for reports.",
    )
    keys: SecretStr | None = Field(
        default=None,
        validation_alias="ALMONER_KEYS",
        description="Encryption keys as id:base64, newest first, separated by commas. "
        "Empty: generated and kept in the home folder.",
    )
    pool_size: int = Field(
        default=10,
        ge=1,
        le=200,
        validation_alias="ALMONER_POOL_SIZE",
        description="Connections each process keeps per database role.",
    )
    pooler: bool = Field(
        default=False,
        validation_alias="ALMONER_POOLER",
        description="True behind a transaction-mode pooler such as PgBouncer: "
        "no prepared statements.",
    )
    statement_timeout: int = Field(
        default=30_000,
        ge=0,
        validation_alias="ALMONER_STATEMENT_TIMEOUT_MS",
        description="Longest a single statement may run, in milliseconds.",
    )
    sending: bool = Field(
        default=True,
        validation_alias="ALMONER_SENDING",
        description="False holds back everything that would leave, as after a restore.",
    )


@lru_cache
def store_settings() -> StoreSettings:
    return StoreSettings()
