"""On PostgreSQL a transaction that speaks for one account sees and changes that account's rows, whatever it asks for.

None of these queries has a condition on the account: only the policies stand between.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Connection, delete, func, insert, make_url, select, text, update
from sqlalchemy.exc import DBAPIError

from omi_desktop.central.database import Database, see_only, seeing_everyone
from omi_desktop.central.erasure import adjustments
from omi_desktop.central.exchange import EVERYONE
from omi_desktop.central.statements import insert_all
from omi_desktop.central.tables import account, device, leaf, log, metadata, visit
from omi_desktop.central.visits import add_visits
from omi_desktop.domain.revision import Kind
from tests.central.laptop import Laptop, place, recorded, saved
from tests.kit.centre import Centre, running_centre
from tests.kit.postgres import fresh_database

pytestmark = pytest.mark.slow

SCHOOL = place("Ashby Academy")
THEIRS = (log, leaf, visit, device, account)
"""Tables in which both accounts have rows."""


@pytest.fixture
def centre() -> Iterator[Centre]:
    with fresh_database() as url, running_centre(url) as found:
        yield found


@pytest.fixture
def both(centre: Centre) -> tuple[Laptop, Laptop]:
    """Two ambassadors who were at one school on one day."""
    sam, alex = (Laptop.enrol(centre.url, centre.invite()) for _ in range(2))
    sam.sync([recorded(28, places=[SCHOOL]), recorded(29, places=[SCHOOL])])
    alex.sync([recorded(30, places=[SCHOOL])])
    return sam, alex


def counts(connection: Connection) -> list[int]:
    return [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in THEIRS]


def whose(connection: Connection) -> set[str]:
    """All accounts of which this transaction sees a row."""
    columns = (
        log.c.account_id,
        leaf.c.account_id,
        visit.c.account_id,
        device.c.account_id,
        account.c.id,
    )
    return {found for column in columns for found in connection.execute(select(column)).scalars()}


def test_the_service_is_no_superuser_here_or_nothing_below_would_mean_anything(centre: Centre) -> None:
    with centre.database.reading() as connection:
        role = text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert connection.execute(role).scalar_one() is False


def test_every_table_with_an_account_in_it_has_a_policy_that_holds_for_its_owner(centre: Centre) -> None:
    keyed = {name for name, table in metadata.tables.items() if "account_id" in table.c} | {"account"}
    forced = text("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
    with centre.database.reading() as connection:
        assert set(connection.execute(forced).scalars()) == keyed


def test_one_account_sees_its_own_rows_alone(centre: Centre, both: tuple[Laptop, Laptop]) -> None:
    for laptop in both:
        with centre.database.reading(laptop.account) as connection:
            assert whose(connection) == {laptop.account}
    with centre.database.reading(both[0].account) as connection:
        assert counts(connection) == [2, 2, 1, 1, 1]
    with centre.database.reading() as connection:
        assert counts(connection) == [3, 3, 2, 2, 2]


def test_nobody_sees_anything_and_a_made_up_account_neither(
    centre: Centre, both: tuple[Laptop, Laptop]
) -> None:
    for nobody in ("", "0" * 32, "%", "' OR true --"):
        with centre.database.reading(nobody) as connection:
            assert counts(connection) == [0] * 5


def test_a_connection_that_says_nothing_sees_nothing(centre: Centre, both: tuple[Laptop, Laptop]) -> None:
    url = make_url(centre.database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as connection:
        for table in THEIRS:
            query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table.name))
            assert connection.execute(query).fetchone() == (0,)


def test_codes_for_new_ambassadors_are_the_operators_alone(
    centre: Centre, both: tuple[Laptop, Laptop]
) -> None:
    centre.invite()
    with centre.database.reading(both[0].account) as connection:
        assert connection.execute(text("SELECT account_id FROM code")).all() == []


@pytest.mark.parametrize("statement", ["insert", "insert_all", "hand_over"])
def test_a_row_for_another_account_is_refused(
    centre: Centre, both: tuple[Laptop, Laptop], statement: str
) -> None:
    sam, alex = both
    with centre.database.reading() as connection:
        found = select(leaf).where(leaf.c.account_id == sam.account).limit(1)
        row = dict(connection.execute(found).mappings().one()) | {
            "account_id": alex.account,
            "rev_id": "f" * 32,
        }

    def write() -> None:
        with centre.database.writing(sam.account) as connection:
            if statement == "insert":
                connection.execute(insert(leaf).values(row))
            elif statement == "insert_all":
                insert_all(connection, {leaf: [row]})
            else:
                connection.execute(update(leaf).values(account_id=alex.account))

    with pytest.raises((DBAPIError, psycopg.Error), match="row-level security"):
        write()
    with centre.database.reading() as connection:
        assert counts(connection) == [3, 3, 2, 2, 2]


def test_what_one_account_changes_or_deletes_without_a_condition_is_its_own(
    centre: Centre, both: tuple[Laptop, Laptop]
) -> None:
    class Undone(Exception):
        pass

    def spoil() -> None:
        with centre.database.writing(both[0].account) as connection:
            connection.execute(update(log).values(kind="spoilt"))
            connection.execute(delete(visit))
            see_only(connection, EVERYONE)
            kinds = connection.execute(select(log.c.account_id, log.c.kind).distinct()).all()
            assert {tuple(row) for row in kinds} == {
                (both[0].account, "spoilt"),
                (both[1].account, "session"),
            }
            left = connection.execute(select(visit.c.account_id)).scalars().all()
            assert left == [both[1].account]
            raise Undone

    with pytest.raises(Undone):
        spoil()


def test_what_is_lifted_for_a_block_holds_again_after_it(centre: Centre, both: tuple[Laptop, Laptop]) -> None:
    sam, alex = both
    with centre.database.writing(sam.account) as connection:
        with seeing_everyone(connection):
            assert whose(connection) == {sam.account, alex.account}
        assert whose(connection) == {sam.account}


def test_after_its_visits_were_taken_up_an_account_sees_its_own_alone(
    centre: Centre, both: tuple[Laptop, Laptop]
) -> None:
    sam, alex = both
    with centre.database.reading() as connection:
        others = connection.execute(
            select(visit.c.day, visit.c.place).where(visit.c.account_id == alex.account)
        ).all()
    with centre.database.writing(sam.account) as connection:
        add_visits(connection, sam.account, [(day, place) for day, place in others])
        assert whose(connection) == {sam.account}
        assert set(connection.execute(select(visit.c.account_id)).scalars()) == {sam.account}


def test_an_erasure_measures_the_whole_programme(centre: Centre, both: tuple[Laptop, Laptop]) -> None:
    """Perhaps all were the same young people, so that 30 counted and now 28 and 29 do. Seen alone, 30 would be lost."""
    _, alex = both
    record = next(iter(alex.held.values()))["record_id"]
    alex.sync([saved(Kind.ERASURE, {"records": [record]})])
    with centre.database.reading() as connection:
        assert adjustments(connection, 2026) == 0


def test_a_transaction_leaves_nothing_of_whom_it_spoke_for_to_the_next(
    centre: Centre, both: tuple[Laptop, Laptop]
) -> None:
    with closing(Database(centre.database_url)) as database:
        for _ in range(3):
            with database.reading(both[0].account) as connection:
                assert whose(connection) == {both[0].account}
            with database.writing() as connection:
                assert whose(connection) == {laptop.account for laptop in both}


def test_a_sync_speaks_for_its_account_and_still_asks_about_others(
    centre: Centre, both: tuple[Laptop, Laptop]
) -> None:
    watched = """
        CREATE TABLE spoken_for (whose text);
        CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO spoken_for VALUES (current_setting('omi.account_id')); RETURN NEW; END $$;
        CREATE TRIGGER watch BEFORE INSERT ON log FOR EACH ROW EXECUTE FUNCTION watch();
    """
    with centre.database.writing() as connection:
        connection.execute(text(watched))
    sam, alex = both
    questions = sam.sync([recorded(5)]).questions
    assert len(questions) == 2
    assert {question.id for question in alex.sync().questions} == {question.id for question in questions}
    with centre.database.writing() as connection:
        assert connection.execute(text("SELECT whose FROM spoken_for")).scalars().all() == [sam.account]
        connection.execute(text("DROP TABLE spoken_for; DROP FUNCTION watch CASCADE"))


def test_without_its_policies_a_table_shows_everything(centre: Centre, both: tuple[Laptop, Laptop]) -> None:
    """The queries above see what they are meant to: with the net taken away they find others' rows."""

    class Undone(Exception):
        pass

    def take_away() -> None:
        with centre.database.writing(both[0].account) as connection:
            connection.execute(text("ALTER TABLE log NO FORCE ROW LEVEL SECURITY"))
            assert set(connection.execute(select(log.c.account_id)).scalars()) == {
                one.account for one in both
            }
            raise Undone

    with pytest.raises(Undone):
        take_away()
