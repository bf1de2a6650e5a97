"""Company networks: proxies of the system, PAC files, a proxy's sign-in, authorities of their own. On loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from omi_desktop.domain.errors import NotOurs, ProxyAsks, Unreachable
from omi_desktop.sync import client as client_module
from omi_desktop.sync import pac
from omi_desktop.sync.client import Client
from omi_desktop.sync.routes import STRAIGHT, Routes
from tests.kit.centre import Centre
from tests.kit.proxy import Listener, Proxy, TlsFront, head_of, make_certificates, running

HOST = "omi.example"
ADDRESS = f"https://{HOST}"


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system trusts a company's own authority; nothing of this computer's environment is left."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    made, _ = make_certificates(tmp_path, HOST)
    monkeypatch.setenv("SSL_CERT_FILE", str(made))
    return made


@pytest.fixture
def front(centre: Centre, authority: Path) -> Iterator[TlsFront]:
    """The centre behind TLS."""
    made = TlsFront(int(centre.url.rpartition(":")[2]), authority.with_name("certificate.pem"))
    with running(made):
        yield made


@pytest.fixture
def proxy(front: TlsFront) -> Iterator[Proxy]:
    """A proxy that knows the way to it."""
    made = Proxy(front.port)
    with running(made):
        yield made


@pytest.fixture
def ask(authority: Path) -> Callable[..., str]:
    """Call the centre once; its id."""

    def call(routes: Routes | None = None) -> str:
        with closing(Client(ADDRESS, routes)) as client:
            return client.health().centre_id

    return call


def dead_port() -> int:
    """A port on which nobody listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as made:
        port: int = made.getsockname()[1]
    return port


class TestSystemProxy:
    """What the environment, the registry or the network preferences name."""

    def test_it_is_gone_by_and_the_companys_authority_holds_through_it(
        self, proxy: Proxy, ask: Callable[..., str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        assert ask()
        (asked,) = proxy.asked
        assert asked.startswith(f"CONNECT {HOST}:443 ")

    def test_an_authority_that_the_system_does_not_trust_is_not_trusted(
        self, proxy: Proxy, ask: Callable[..., str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        (tmp_path / "another").mkdir()
        another, _ = make_certificates(tmp_path / "another", HOST)
        monkeypatch.setenv("SSL_CERT_FILE", str(another))
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(NotOurs):
            ask()

    def test_another_hosts_certificate_is_not_ours(
        self, centre: Centre, authority: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "other").mkdir()
        made, certificate = make_certificates(tmp_path / "other", "portal.example")
        monkeypatch.setenv("SSL_CERT_FILE", str(made))
        front = TlsFront(int(centre.url.rpartition(":")[2]), certificate)
        proxy = Proxy(front.port)
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with running(front, proxy), closing(Client(ADDRESS)) as client, pytest.raises(NotOurs):
            client.health()

    @pytest.mark.parametrize(
        ("refusal", "problem"),
        [
            ("407 Proxy Authentication Required", ProxyAsks),
            ("403 Forbidden", NotOurs),
            ("302 Found", NotOurs),
            ("503 Service Unavailable", NotOurs),
        ],
    )
    def test_one_that_refuses_says_what_to_do(
        self,
        ask: Callable[..., str],
        monkeypatch: pytest.MonkeyPatch,
        refusal: str,
        problem: type[NotOurs],
    ) -> None:
        made = Proxy(dead_port(), refusal)
        monkeypatch.setenv("HTTPS_PROXY", made.url)
        with running(made), pytest.raises(problem) as caught:
            ask()
        assert type(caught.value) is problem
        assert "sync file" in caught.value.hint

    def test_one_that_is_gone_is_no_network(
        self, ask: Callable[..., str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{dead_port()}")
        with pytest.raises(Unreachable):
            ask()

    def test_this_computer_is_reached_straight(
        self, centre: Centre, authority: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{dead_port()}")
        with closing(Client(centre.url)) as client:
            assert client.health().status == "ok"

    def test_a_host_that_the_system_excepts_is_reached_straight(
        self, authority: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
        assert Routes(named=lambda: None).to(ADDRESS) == {"https": "http://127.0.0.1:1"}
        monkeypatch.setenv("NO_PROXY", HOST)
        assert Routes(named=lambda: None).to(ADDRESS) == STRAIGHT


def script(*ways: str) -> str:
    """A PAC file that names these ways."""
    return f'function FindProxyForURL(url, host) {{ return "{"; ".join(ways)}"; }}'


class TestPacFile:
    """What a PAC file says, asked in a process of its own."""

    def named(self, tmp_path: Path, text: str) -> Routes:
        path = tmp_path / "proxy.pac"
        path.write_text(text)
        return Routes(named=lambda: str(path), searched=list)

    def test_it_is_gone_by(self, proxy: Proxy, ask: Callable[..., str], tmp_path: Path) -> None:
        text = f"""function FindProxyForURL(url, host) {{
            if (dnsDomainIs(host, "{HOST}")) return "PROXY 127.0.0.1:{proxy.port}";
            return "DIRECT"; }}"""
        routes = self.named(tmp_path, text)
        assert ask(routes)
        assert ask(routes)
        assert len(proxy.asked) == 2
        assert routes.to("http://127.0.0.1:9") == STRAIGHT

    def test_when_one_way_is_closed_the_next_try_takes_the_next(
        self, proxy: Proxy, ask: Callable[..., str], tmp_path: Path
    ) -> None:
        routes = self.named(
            tmp_path, script(f"PROXY 127.0.0.1:{dead_port()}", f"PROXY 127.0.0.1:{proxy.port}", "DIRECT")
        )
        with pytest.raises(Unreachable):
            ask(routes)
        assert ask(routes)
        assert ask(routes)

    def test_all_ways_tried_it_looks_around_anew(self, authority: Path, tmp_path: Path) -> None:
        routes = self.named(tmp_path, script("PROXY one:1", "DIRECT"))
        assert routes.to(ADDRESS) == {"http": "http://one:1", "https": "http://one:1"}
        (tmp_path / "proxy.pac").write_text(script("PROXY two:2"))
        routes.failed(ADDRESS, routes.to(ADDRESS))
        assert routes.to(ADDRESS) == STRAIGHT
        routes.failed(ADDRESS, STRAIGHT)
        assert routes.to(ADDRESS) == {"http": "http://two:2", "https": "http://two:2"}

    def test_two_calls_that_fail_on_one_way_turn_to_the_next_once(
        self, authority: Path, tmp_path: Path
    ) -> None:
        routes = self.named(tmp_path, script("PROXY one:1", "PROXY two:2"))
        first = routes.to(ADDRESS)
        routes.failed(ADDRESS, first)
        routes.failed(ADDRESS, first)
        assert routes.to(ADDRESS) == {"http": "http://two:2", "https": "http://two:2"}

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "<html>sign in</html>",
            "function FindProxyForURL(url, host) { throw 1; }",
            "function FindProxyForURL(url, host) { return 7; }",
            script("SOCKS 127.0.0.1:1", "nonsense"),
            "x" * (pac.SCRIPT_BYTES + 1),
        ],
        ids=["empty", "html", "throws", "number", "socks", "long"],
    )
    def test_one_that_says_nothing_usable_leaves_the_systems_way(
        self, authority: Path, tmp_path: Path, text: str
    ) -> None:
        assert self.named(tmp_path, text).to(ADDRESS) == STRAIGHT

    @pytest.mark.slow
    @pytest.mark.parametrize(
        "endless",
        [
            "while (true) {}",
            "function FindProxyForURL(u, h) { while (true) {} }",
            "var a = []; while (true) a.push(new Array(100000).join('x'));",
            "function FindProxyForURL(u, h) { return FindProxyForURL(u, h); }",
        ],
        ids=["loop", "loop in the function", "memory", "recursion"],
    )
    def test_a_program_without_an_end_is_ended_and_the_app_goes_on_meanwhile(
        self, monkeypatch: pytest.MonkeyPatch, endless: str
    ) -> None:
        monkeypatch.setattr(pac, "SECONDS", 2.0)
        found: list[object] = []
        asking = threading.Thread(target=lambda: found.append(pac.ask(endless, ADDRESS, HOST)))
        asking.start()
        beats = 0
        while asking.is_alive():
            asking.join(0.05)
            beats += 1
        assert found == [None]
        assert beats > 2

    def test_a_program_reaches_no_file_and_no_python(self, tmp_path: Path) -> None:
        (tmp_path / "canary.js").write_text("exports.word = 'PROXY canary:1';")
        for text in (
            f"function FindProxyForURL(u, h) {{ return require('{tmp_path}/canary').word; }}",
            "function FindProxyForURL(u, h) { return call_python('open', '/etc/passwd'); }",
            "function FindProxyForURL(u, h) { return call_python('builtins.open', '/etc/passwd'); }",
        ):
            assert pac.ask(text, ADDRESS, HOST) is None


class Page(Listener):
    """Answers every request with one page."""

    def __init__(self, kind: str, text: str) -> None:
        self._said = (
            f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(text)}\r\nConnection: close\r\n\r\n{text}"
        ).encode()
        self.asked = 0
        super().__init__()

    def serve(self, made: socket.socket) -> None:
        head_of(made)
        self.asked += 1
        made.sendall(self._said)


class TestSearchedFor:
    """A PAC file that the network keeps (WPAD)."""

    def test_the_network_is_asked_only_when_no_straight_way_leads_there(self, authority: Path) -> None:
        page = Page("application/x-ns-proxy-autoconfig", script("PROXY found:1"))
        routes = Routes(named=lambda: None, searched=lambda: [f"http://127.0.0.1:{page.port}/wpad.dat"])
        with running(page):
            assert routes.to(ADDRESS) == STRAIGHT
            assert page.asked == 0
            routes.failed(ADDRESS, STRAIGHT)
            assert routes.to(ADDRESS) == {"http": "http://found:1", "https": "http://found:1"}
            assert page.asked == 1

    def test_where_there_is_none_it_is_not_asked_at_every_try(self, authority: Path) -> None:
        asked = list[int]()

        def search() -> list[str]:
            asked.append(1)
            return []

        routes = Routes(named=lambda: None, searched=search)
        for _ in range(5):
            assert routes.to(ADDRESS) == STRAIGHT
            routes.failed(ADDRESS, STRAIGHT)
        assert len(asked) == 1

    def test_a_portals_page_is_no_pac_file(self, authority: Path) -> None:
        page = Page("text/html", script("PROXY portal:1"))
        routes = Routes(named=lambda: None, searched=lambda: [f"http://127.0.0.1:{page.port}/wpad.dat"])
        with running(page):
            routes.to(ADDRESS)
            routes.failed(ADDRESS, STRAIGHT)
            assert routes.to(ADDRESS) == STRAIGHT
            assert page.asked == 1


class Dripping(Listener):
    """Answers a byte at a time, for ever: in the head or in the body."""

    def __init__(self, start: bytes) -> None:
        self._start = start
        self._is_over = threading.Event()
        super().__init__()

    def serve(self, made: socket.socket) -> None:
        made.sendall(self._start)
        while not self._is_over.wait(0.02):
            made.sendall(b"x")

    def close(self) -> None:
        self._is_over.set()
        super().close()


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX-Endless: ",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900000\r\n\r\n",
    ],
    ids=["status", "head", "body", "length"],
)
def test_an_answer_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch, start: bytes) -> None:
    monkeypatch.setattr(client_module, "CALL_SECONDS", 0.4)
    drip = Dripping(start)
    client = Client(f"http://127.0.0.1:{drip.port}")
    with running(drip), closing(client), pytest.raises((Unreachable, NotOurs)):
        client.health()


def test_a_password_in_netrc_does_not_take_the_place_of_the_sign_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login asha password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    heads = list[bytes]()

    class Listening(Listener):
        """Keeps the head and hangs up."""

        def serve(self, made: socket.socket) -> None:
            heads.append(head_of(made))

    listening = Listening()
    client = Client(f"http://127.0.0.1:{listening.port}")
    with running(listening), closing(client), pytest.raises(Unreachable):
        client.code_for_next_laptop("our-token")
    assert b"Authorization: Bearer our-token" in heads[0]
