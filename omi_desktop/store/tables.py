"""The tables of the ambassador's file. Queried through SQLAlchemy Core; SQLModel only declares them."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)
from sqlmodel import Field, SQLModel

_ID = "length({0}) = 32"
_PAGE = "length(page) between 8 and 100"


class RevisionRow(SQLModel, table=True):
    """One saved version. `canonical` is the truth; the other columns are copies for queries, or about syncing.

    `n` is the place in the owner's log once the revision has been read back; until then it is not synced.
    `is_leaf` says that no revision here names this one as a parent.
    """

    __tablename__ = "revision"
    __table_args__ = (
        CheckConstraint(_ID.format("rev_id"), name="rev_id_is_id"),
        CheckConstraint(_ID.format("record_id"), name="record_id_is_id"),
        CheckConstraint("state in ('live', 'withdrawn')", name="state_is_known"),
        CheckConstraint("depth >= 1", name="depth_is_positive"),
        CheckConstraint("length(sha) = 64", name="sha_is_sha"),
        CheckConstraint("length(canonical) between 2 and 16384", name="size_is_bounded"),
        CheckConstraint("(centre_id is null) = (account_id is null)", name="owner_is_whole"),
        CheckConstraint("n is null or (n >= 1 and centre_id is not null)", name="synced_has_owner"),
        Index("revision_by_record", "record_id"),
        Index("revision_by_leaf", "kind", sqlite_where=text("is_leaf")),
        Index("revision_leaves", "record_id", "is_leaf", sqlite_where=text("is_leaf")),
        Index("revision_unsynced", "depth", "rev_id", sqlite_where=text("n is null")),
    )

    rev_id: str = Field(sa_column=Column(Text, primary_key=True))
    record_id: str = Field(sa_column=Column(Text, nullable=False))
    kind: str = Field(sa_column=Column(Text, nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False))
    depth: int = Field(sa_column=Column(Integer, nullable=False))
    saved_at: str = Field(sa_column=Column(Text, nullable=False))
    canonical: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    sha: str = Field(sa_column=Column(Text, nullable=False))
    is_leaf: bool = Field(sa_column=Column(Integer, nullable=False))
    centre_id: str | None = Field(default=None, sa_column=Column(Text))
    account_id: str | None = Field(default=None, sa_column=Column(Text))
    n: int | None = Field(default=None, sa_column=Column(Integer))
    rejected_code: str | None = Field(default=None, sa_column=Column(Text))
    rejected_field: str | None = Field(default=None, sa_column=Column(Text))
    rejected_message: str | None = Field(default=None, sa_column=Column(Text))
    rejected_on: str | None = Field(default=None, sa_column=Column(Text))


class ParentRow(SQLModel, table=True):
    """That one revision names another as its parent. The parent itself may not have arrived yet."""

    __tablename__ = "parent"
    __table_args__ = (
        ForeignKeyConstraint(["rev_id"], ["revision.rev_id"], ondelete="CASCADE"),
        Index("parent_by_parent", "parent_id"),
    )

    rev_id: str = Field(sa_column=Column(Text, primary_key=True))
    parent_id: str = Field(sa_column=Column(Text, primary_key=True))


class AccountRow(SQLModel, table=True):
    """An account that has been used on this laptop, and how far its log has been read. One is current at most.

    `leaves_unowned` is the answer "not mine" to the records made before any code. No secret is here: tokens live
    in the keyring of the operating system.
    """

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint(_ID.format("centre_id"), name="centre_id_is_id"),
        CheckConstraint("cursor_n >= 0 and length(cursor_h) = 64", name="cursor_is_whole"),
        Index("account_current", "is_current", unique=True, sqlite_where=text("is_current")),
        # Decides what is counted, so it is kept twice: an integrity check compares the index with the table.
        Index("account_answer", "leaves_unowned"),
    )

    centre_id: str = Field(sa_column=Column(Text, primary_key=True))
    account_id: str = Field(sa_column=Column(Text, primary_key=True))
    name: str = Field(sa_column=Column(Text, nullable=False))
    hub: str = Field(sa_column=Column(Text, nullable=False))
    url: str = Field(sa_column=Column(Text, nullable=False))
    centre_key: str = Field(sa_column=Column(Text, nullable=False))
    cursor_n: int = Field(default=0, sa_column=Column(Integer, nullable=False))
    cursor_h: str = Field(sa_column=Column(Text, nullable=False))
    is_current: bool = Field(sa_column=Column(Integer, nullable=False))
    leaves_unowned: bool = Field(default=False, sa_column=Column(Integer, nullable=False))
    last_success: str | None = Field(default=None, sa_column=Column(Text))
    checked_on: str | None = Field(default=None, sa_column=Column(Text))


class DraftRow(SQLModel, table=True):
    """What is typed in a form and not yet saved. Never synced."""

    __tablename__ = "draft"

    key: str = Field(sa_column=Column(Text, primary_key=True))
    form: str = Field(sa_column=Column(Text, nullable=False))
    kept_at: str = Field(sa_column=Column(Text, nullable=False))


class PreferenceRow(SQLModel, table=True):
    """A choice of the person at this laptop, as JSON. Never synced."""

    __tablename__ = "preference"

    name: str = Field(sa_column=Column(Text, primary_key=True))
    value: str = Field(sa_column=Column(Text, nullable=False))


class TallyRow(SQLModel, table=True):
    """One press in the classroom: so many more of a line, or (`is_set`) exactly so many. Never synced.

    The rows of a session go in the transaction that saves its record.
    """

    __tablename__ = "tally"
    __table_args__ = (
        CheckConstraint("number between -99999 and 99999", name="number_is_bounded"),
        CheckConstraint("number >= 0 or not is_set", name="set_is_count"),
        # All that is counted is in the index too: an integrity check compares the two, so that no number can change
        # by itself unnoticed.
        Index("tally_by_session", "session", "line", "number", "is_set"),
    )

    id: int = Field(sa_column=Column(Integer, primary_key=True))
    session: str = Field(sa_column=Column(Text, nullable=False))
    line: str = Field(sa_column=Column(Text, nullable=False))
    number: int = Field(sa_column=Column(Integer, nullable=False))
    is_set: bool = Field(sa_column=Column(Integer, nullable=False))
    pressed_at: str = Field(sa_column=Column(Text, nullable=False))


class QuestionRow(SQLModel, table=True):
    """Whether the same young people were recorded twice: what an account was asked by its last finished sync.

    Both accounts of a shared laptop may be asked the same.
    """

    __tablename__ = "question"

    centre_id: str = Field(sa_column=Column(Text, primary_key=True))
    account_id: str = Field(sa_column=Column(Text, primary_key=True))
    id: str = Field(sa_column=Column(Text, primary_key=True))
    my_group: str = Field(sa_column=Column(Text, nullable=False))
    other_group: str = Field(sa_column=Column(Text, nullable=False))
    date: str = Field(sa_column=Column(Text, nullable=False))
    start: str | None = Field(default=None, sa_column=Column(Text))
    place: str = Field(sa_column=Column(Text, nullable=False))
    seen_at: str = Field(sa_column=Column(Text, nullable=False))


class AttemptRow(SQLModel, table=True):
    """One attempt to sync: how it ended (`code`, `title`) and how many revisions it moved. Nothing personal."""

    __tablename__ = "attempt"

    id: int = Field(sa_column=Column(Integer, primary_key=True))
    at: str = Field(sa_column=Column(Text, nullable=False))
    code: str = Field(sa_column=Column(Text, nullable=False))
    title: str = Field(sa_column=Column(Text, nullable=False))
    sent: int = Field(sa_column=Column(Integer, nullable=False))
    read_back: int = Field(sa_column=Column(Integer, nullable=False))
    received: int = Field(sa_column=Column(Integer, nullable=False))
    rejected: int = Field(sa_column=Column(Integer, nullable=False))
    seconds: float = Field(sa_column=Column(Float, nullable=False))


class ErasureRow(SQLModel, table=True):
    """A record whose erasure reached this laptop, and what its person decided; nothing yet while that is null."""

    __tablename__ = "erasure"
    __table_args__ = (CheckConstraint("decision in ('erased', 'kept')", name="decision_is_known"),)

    centre_id: str = Field(sa_column=Column(Text, primary_key=True))
    account_id: str = Field(sa_column=Column(Text, primary_key=True))
    record_id: str = Field(sa_column=Column(Text, primary_key=True))
    rev_id: str = Field(sa_column=Column(Text, nullable=False))
    asked_at: str = Field(sa_column=Column(Text, nullable=False))
    decision: str | None = Field(default=None, sa_column=Column(Text))


class FavouriteRow(SQLModel, table=True):
    """A page of the Library that the person keeps at hand, such as `handbook/first-visit`. Never synced."""

    __tablename__ = "favourite"
    __table_args__ = (CheckConstraint(_PAGE, name="page_is_page"),)

    page: str = Field(sa_column=Column(Text, primary_key=True))
    added_at: str = Field(sa_column=Column(Text, nullable=False))


class PageNoteRow(SQLModel, table=True):
    """What the person wrote beside a page of the Library. Never synced; an empty note has no row."""

    __tablename__ = "page_note"
    __table_args__ = (
        CheckConstraint(_PAGE, name="page_is_page"),
        CheckConstraint("length(text) between 1 and 4000", name="note_is_bounded"),
    )

    page: str = Field(sa_column=Column(Text, primary_key=True))
    text: str = Field(sa_column=Column(Text, nullable=False))
    kept_at: str = Field(sa_column=Column(Text, nullable=False))


class AttachmentRow(SQLModel, table=True):
    """A file of the person's own beside a page. Its copy is `attachments/<id>.<suffix>`; `name` is only shown.

    One with `removed_at` is gone for the person; its copy goes when the program ends, so that removing can be undone.
    """

    __tablename__ = "attachment"
    __table_args__ = (
        CheckConstraint(_ID.format("id"), name="id_is_id"),
        CheckConstraint(_PAGE, name="page_is_page"),
        CheckConstraint("length(name) between 1 and 255", name="name_is_bounded"),
        CheckConstraint("length(suffix) between 2 and 5", name="suffix_is_bounded"),
        CheckConstraint("size >= 1", name="size_is_positive"),
    )

    id: str = Field(sa_column=Column(Text, primary_key=True))
    page: str = Field(sa_column=Column(Text, nullable=False))
    name: str = Field(sa_column=Column(Text, nullable=False))
    suffix: str = Field(sa_column=Column(Text, nullable=False))
    size: int = Field(sa_column=Column(Integer, nullable=False))
    added_at: str = Field(sa_column=Column(Text, nullable=False))
    removed_at: str | None = Field(default=None, sa_column=Column(Text))


def _table(model: type[SQLModel]) -> Table:
    return SQLModel.metadata.tables[str(model.__tablename__)]


revision = _table(RevisionRow)
parent = _table(ParentRow)
account = _table(AccountRow)
draft = _table(DraftRow)
preference = _table(PreferenceRow)
tally = _table(TallyRow)
question = _table(QuestionRow)
attempt = _table(AttemptRow)
erasure = _table(ErasureRow)
favourite = _table(FavouriteRow)
page_note = _table(PageNoteRow)
attachment = _table(AttachmentRow)
ALL = (
    revision,
    parent,
    account,
    draft,
    preference,
    tally,
    question,
    attempt,
    erasure,
    favourite,
    page_note,
    attachment,
)
