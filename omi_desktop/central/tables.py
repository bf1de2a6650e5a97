"""The centre's tables: SQLModel declares them, SQLAlchemy Core reads and writes them.

Every table that grows is keyed by account, so that it can be distributed by account. `log` is the truth and only
ever appended to, but for the bodies that an erasure takes out of it; `leaf` and `visit` are copied from it for
counting and can be rebuilt. Moments are UTC text as revisions carry it (`2026-11-24T11:32:05Z`), which orders the
same on both databases.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


class CentreTable(SQLModel, registry=registry(metadata=metadata)):
    """Its own metadata: the ambassador's file has tables of the same names."""


def _id(name: str) -> CheckConstraint:
    return CheckConstraint(f"length({name}) = 32", name=f"{name}_is_id")


def _text(*args: Any, nullable: bool = False, **kwargs: Any) -> Any:
    return Field(sa_column=Column(Text, *args, nullable=nullable, **kwargs))


def _whole(*, nullable: bool = False, **kwargs: Any) -> Any:
    return Field(sa_column=Column(Integer, nullable=nullable, **kwargs))


def _index_where(condition: str, *names: str, unique: bool = False) -> Index:
    """An index of those rows alone for which a condition holds."""
    where = text(condition)
    return Index(None, *names, unique=unique, sqlite_where=where, postgresql_where=where)


def _unique_on(dialect: str, *names: str) -> UniqueConstraint:
    """A constraint of one kind of database alone."""
    found = UniqueConstraint(*names)
    found.ddl_if(dialect=dialect)
    return found


class CentreRow(CentreTable, table=True):
    """Who this centre is: one row, made once. `signing_key` is the private half of `centre_key` (Ed25519)."""

    __tablename__ = "centre"
    __table_args__ = (
        CheckConstraint("id = 1", name="is_one"),
        _id("centre_id"),
        CheckConstraint("length(signing_key) = 32", name="signing_key_is_key"),
    )

    id: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    centre_id: str = _text()
    signing_key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    made_at: str = _text()


class HubRow(CentreTable, table=True):
    """A hub that invites ambassadors."""

    __tablename__ = "hub"
    __table_args__ = (_id("id"), CheckConstraint("length(name) between 1 and 100", name="name_has_length"))

    id: str = _text(primary_key=True)
    name: str = _text(unique=True)
    added_at: str = _text()


class AccountRow(CentreTable, table=True):
    """One ambassador. `n` and `h` are the end of their log; this row is the lock of everything theirs."""

    __tablename__ = "account"
    __table_args__ = (
        _id("id"),
        CheckConstraint("n >= 0", name="n_counts"),
        CheckConstraint("length(h) = 64", name="h_is_sha"),
        CheckConstraint("length(carry_key) = 32", name="carry_key_is_key"),
    )

    id: str = _text(primary_key=True)
    hub_id: str = _text(ForeignKey("hub.id"))
    name: str = _text()
    carry_key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    n: int = _whole()
    h: str = _text()
    added_at: str = _text()
    erased_at: str | None = _text(nullable=True)
    erased_records: int = _whole(server_default="0")


class CodeRow(CentreTable, table=True):
    """A code that lets one device in, once: of a new ambassador of a hub, or of `account_id`."""

    __tablename__ = "code"
    __table_args__ = (CheckConstraint("length(code_hash) = 64", name="code_hash_is_sha"),)

    code_hash: str = _text(primary_key=True)
    hub_id: str = _text(ForeignKey("hub.id"))
    account_id: str | None = _text(ForeignKey("account.id"), nullable=True)
    name: str | None = _text(nullable=True)
    expires_at: str = _text()
    used_at: str | None = _text(nullable=True)


class DeviceRow(CentreTable, table=True):
    """A laptop's sign-in. Only the SHA-256 of its token is kept. `unsent` and `oldest`: what it last said waits."""

    __tablename__ = "device"
    __table_args__ = (
        _id("id"),
        CheckConstraint("length(token_hash) = 64", name="token_hash_is_sha"),
        CheckConstraint("unsent >= 0", name="unsent_counts"),
        Index(None, "account_id"),
    )

    id: str = _text(primary_key=True)
    account_id: str = _text(ForeignKey("account.id"))
    name: str = _text()
    token_hash: str = _text(unique=True)
    added_at: str = _text()
    revoked_at: str | None = _text(nullable=True)
    unsent: int | None = Field(sa_column=Column(BigInteger, nullable=True))
    oldest: str | None = _text(nullable=True)


class LogRow(CentreTable, table=True):
    """One entry of an account's log. No foreign key to account: the row is locked while entries are added.

    `parents` are ids joined by spaces. `canonical` is NULL once the entry's record is erased.

    SQLite writes whole pages, so there the ids of one account stand together: twenty new ones touch some ten pages
    among a few hundred, and one each among those of everybody. PostgreSQL gets the id first: see `looking_up`. Records
    are found by those of their revisions that name parents; to erase one, its account is gone through.
    """

    __tablename__ = "log"
    __table_args__ = (
        _unique_on("sqlite", "account_id", "rev_id"),
        _unique_on("postgresql", "rev_id", "account_id"),
        CheckConstraint("n >= 1", name="n_counts"),
        _id("account_id"),
        _id("rev_id"),
        _id("record_id"),
        CheckConstraint("length(sha) = 64", name="sha_is_sha"),
        CheckConstraint("length(h) = 64", name="h_is_sha"),
        CheckConstraint("length(canonical) between 2 and 16384", name="size_is_bounded"),
        _index_where("parents <> ''", "record_id", "account_id"),
    )

    account_id: str = _text(primary_key=True)
    n: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    rev_id: str = _text()
    record_id: str = _text()
    sha: str = _text()
    h: str = _text()
    kind: str = _text()
    parents: str = _text()
    received_at: str = _text()
    canonical: bytes | None = Field(sa_column=Column(LargeBinary, nullable=True))


class LeafRow(CentreTable, table=True):
    """A revision that no other of its record names as a parent, with what counting needs of its body.

    Keyed by its place in the log, so that rows are added at the end: each index of random ids or days costs a page of
    the file for nearly every row. Those of one record are found among those of its account. `places` are hashes of the
    keys of its places, joined by spaces.
    """

    __tablename__ = "leaf"
    __table_args__ = (
        CheckConstraint("n >= 1", name="n_counts"),
        CheckConstraint("depth >= 1", name="depth_is_positive"),
        CheckConstraint("young >= 0", name="young_counts"),
        CheckConstraint("answer in ('same', 'different', 'not_sure')", name="answer_is_known"),
        _index_where("group_code IS NOT NULL", "day"),
        _index_where("question IS NOT NULL", "question"),
        _index_where("kind = 'group_answer'", "account_id", "record_id"),
    )

    account_id: str = _text(primary_key=True)
    n: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    rev_id: str = _text()
    record_id: str = _text()
    kind: str = _text()
    withdrawn: bool = Field(sa_column=Column(Boolean, nullable=False))
    depth: int = _whole()
    day: str | None = _text(nullable=True)
    young: int = _whole()
    group_code: str | None = _text(nullable=True)
    agreed: int | None = _whole(nullable=True)
    start_minute: int | None = _whole(nullable=True)
    minutes: int | None = _whole(nullable=True)
    question: str | None = _text(nullable=True)
    answer: str | None = _text(nullable=True)
    places: str = _text()


class VisitRow(CentreTable, table=True):
    """An account counted somebody at a place on a day. `is_met`: another account did so too.

    Of two accounts at one place on one day never both say that they were alone there: the database refuses it, however
    they write at the same time. A visit that is in no leaf any more may stand until its account erases something.
    """

    __tablename__ = "visit"
    __table_args__ = (
        _id("place"),
        # The place first: an ambassador comes back to a few of them, on many days.
        _index_where("NOT is_met", "place", "day", unique=True),
        _index_where("is_met", "day", "place", "account_id"),
        _index_where("is_met", "account_id", "day"),
    )

    account_id: str = _text(primary_key=True)
    day: str = _text(primary_key=True)
    place: str = _text(primary_key=True)
    is_met: bool = Field(sa_column=Column(Boolean, nullable=False))


class ErasedRecordRow(CentreTable, table=True):
    """A record that its account erased: no body of it is kept, those included that arrive later."""

    __tablename__ = "erased_record"
    __table_args__ = (_id("account_id"), _id("record_id"))

    account_id: str = _text(primary_key=True)
    record_id: str = _text(primary_key=True)


class ErasureSeenRow(CentreTable, table=True):
    """A line of the list of erasures that this database has followed. Nothing here says whose it was."""

    __tablename__ = "erasure_seen"
    __table_args__ = (_id("id"),)

    id: str = _text(primary_key=True)


class AdjustmentRow(CentreTable, table=True):
    """By how much the low total of a year fell because of erasures, all of them together."""

    __tablename__ = "adjustment"
    __table_args__ = (CheckConstraint("low >= 0", name="low_counts"),)

    year: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    low: int = Field(sa_column=Column(BigInteger, nullable=False))


class EditionRow(CentreTable, table=True):
    """The breakdowns of a year as they were published last. `cells` is JSON; `counted` are hashes of what was counted,
    joined by spaces: they tell how much has changed since."""

    __tablename__ = "edition"

    year: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    made_at: str = _text()
    cells: str = _text()
    counted: str = _text()


class PackRow(CentreTable, table=True):
    """A content pack that laptops fetch. `key` signed it; `endorsement` is this centre's word for that key."""

    __tablename__ = "pack"
    __table_args__ = (
        CheckConstraint("version >= 1", name="version_counts"),
        CheckConstraint("length(sha256) = 64", name="sha256_is_sha"),
    )

    version: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    pack_id: str = _text()
    made_at: str = _text()
    expires_at: str = _text()
    published_at: str = _text()
    key: str = _text()
    manifest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    signature: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    endorsement: str = _text()
    sha256: str = _text()
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class AuditRow(CentreTable, table=True):
    """What was done to the centre. Triggers refuse to change or delete a row; `h` chains it to those before."""

    __tablename__ = "audit"
    __table_args__ = (
        CheckConstraint("n >= 1", name="n_counts"),
        CheckConstraint("length(h) = 64", name="h_is_sha"),
    )

    n: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    at: str = _text()
    actor: str = _text()
    action: str = _text()
    subject: str = _text()
    detail: str = _text()
    h: str = _text()


def _table(name: str) -> Table:
    return metadata.tables[name]


centre = _table("centre")
hub = _table("hub")
account = _table("account")
code = _table("code")
device = _table("device")
log = _table("log")
leaf = _table("leaf")
visit = _table("visit")
erased_record = _table("erased_record")
erasure_seen = _table("erasure_seen")
adjustment = _table("adjustment")
edition = _table("edition")
pack = _table("pack")
audit = _table("audit")
