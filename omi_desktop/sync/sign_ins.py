"""Whose laptop this is: the account that a code brought, its secrets in the keyring, and the way back from it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING

from omi_desktop.domain.errors import CodeRefused, SignedOut, SyncProblem
from omi_desktop.domain.online import Enrolled
from omi_desktop.store import accounts, queue
from omi_desktop.store.accounts import Account
from omi_desktop.store.file import Store
from omi_desktop.store.revisions import Owner
from omi_desktop.sync.addresses import checked_address
from omi_desktop.sync.tokens import Tokens

if TYPE_CHECKING:
    from omi_desktop.sync.client import Client


class SignIns:
    """The current account of a file, and the secrets that speak for it.

    `address` is where new codes are used unless the code names an address ("CODE@https://…").
    """

    def __init__(self, store: Store, tokens: Tokens, address: str | None) -> None:
        self.is_kept = True
        """Whether the last code's secrets outlive the program."""
        self._store = store
        self._tokens = tokens
        self._address = address
        self._changing = threading.Lock()
        self._before: Account | None = None

    def account(self) -> Account | None:
        """The current account."""
        with self._store.read() as connection:
            return accounts.current(connection)

    def current(self) -> tuple[Account, str]:
        """The current account and its token. Raises SignedOut."""
        account = self.account()
        token = self._tokens.get(_name(account.owner)) if account else None
        if account is None or token is None:
            raise SignedOut
        return account, token

    def carry_key(self, owner: Owner) -> str | None:
        """The key of an account's sync files, if it is on this laptop."""
        return self._tokens.get(_carry_name(owner))

    def enrol(self, code: str, device: str, client_to: Callable[[str], Client]) -> Enrolled:
        """Use a code from the hub or another laptop. Raises CodeRefused, SyncProblem, NotSaved."""
        typed, _, address = code.strip().partition("@")
        answer_url = self._address_for(address)
        with closing(client_to(answer_url)) as client:
            answer = client.enrol(typed, device)
        owner = Owner(answer.centre_id, answer.account.id)
        is_kept = self._tokens.put(_name(owner), answer.token)
        self._tokens.put(_carry_name(owner), answer.carry_key)
        with self._store.write() as connection:
            before = accounts.current(connection)
            account = Account(owner, answer.account.name, answer.account.hub, answer_url, answer.centre_key)
            accounts.use(connection, account)
            unowned = queue.waiting(connection, owner).unowned
            others, others_name = accounts.others_waiting(connection, owner)
        with self._changing:
            self._before = before if before and before.owner != owner else None
        self.is_kept = is_kept
        return Enrolled(account.name, account.hub, unowned, is_kept, others, others_name)

    def go_back(self) -> None:
        """Back to the account that the last code of this run took the place of. The sign-in to the other is forgotten
        unless something was recorded in it. Raises SyncProblem when there is none to go back to."""
        with self._changing:
            before, self._before = self._before, None
        if before is None:
            raise SyncProblem(
                "There is nobody to go back to", hint="Use a code of the account that you mean."
            )
        with self._store.write() as connection:
            left = accounts.current(connection)
            accounts.use(connection, before)
            waits = queue.waiting(connection, left.owner).waiting if left else 0
        if left and not waits:
            self._forget(left.owner)

    def leave(self) -> None:
        """Forget the sign-in. Deletes no record."""
        with self._store.write() as connection:
            account = accounts.current(connection)
            accounts.leave(connection)
        if account:
            self._forget(account.owner)
        with self._changing:
            self._before = None

    def _forget(self, owner: Owner) -> None:
        self._tokens.forget(_name(owner))
        self._tokens.forget(_carry_name(owner))

    def _address_for(self, typed: str) -> str:
        """Where a code is used: the address after the @, or the one given at start, or the last account's."""
        address = typed or self._address
        if not address:
            account = self.account()
            address = account.url if account else None
        if not address:
            raise CodeRefused(
                "This code needs the address of OMI online",
                hint="Type it after the code with an @ between them, as your hub gave it to you.",
            )
        try:
            return checked_address(address)
        except ValueError as error:
            raise CodeRefused(
                "This is not an address of OMI online",
                hint="It begins with https://. Copy it again from your hub's message.",
            ) from error


def _name(owner: Owner) -> str:
    return f"{owner.centre_id}/{owner.account_id}"


def _carry_name(owner: Owner) -> str:
    return f"{_name(owner)}/carry"
