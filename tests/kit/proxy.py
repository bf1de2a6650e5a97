"""A small real proxy on loopback, and a TLS front with an authority of its own, as a company network has both."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_PATIENCE = 20


class Listener:
    """Accepts connections on a free port, each in a thread."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, name="listener", daemon=True).start()

    def serve(self, made: socket.socket) -> None:
        """One connection, closed afterwards."""
        raise NotImplementedError

    def close(self) -> None:
        """Stop, and end what is open."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for each in list(self._open):
            end(each)

    def _accept(self) -> None:
        while True:
            try:
                made, _ = self._socket.accept()
            except OSError:
                return
            made.settimeout(_PATIENCE)
            self._open.add(made)
            threading.Thread(target=self._one, args=(made,), name="connection", daemon=True).start()

    def _one(self, made: socket.socket) -> None:
        try:
            with closing(made), suppress(OSError):
                self.serve(made)
        finally:
            self._open.discard(made)


def end(made: socket.socket) -> None:
    """End a connection that another thread may be reading."""
    with suppress(OSError):
        made.shutdown(socket.SHUT_RDWR)


def head_of(made: socket.socket) -> bytes:
    """A request's or answer's head, with what came after it."""
    found = b""
    while b"\r\n\r\n" not in found:
        part = made.recv(65536)
        if not part:
            break
        found += part
    return found


def pour(source: socket.socket, to: socket.socket) -> None:
    """Everything from one to the other, and the end."""
    with suppress(OSError):
        while part := source.recv(65536):
            to.sendall(part)
    end(to)


def join(one: socket.socket, other: socket.socket) -> None:
    """Both ways until both have ended."""
    back = threading.Thread(target=pour, args=(other, one), daemon=True)
    back.start()
    pour(one, other)
    back.join(_PATIENCE)


class Proxy(Listener):
    """Connects every CONNECT to one port here, whatever host it names; `refusal` is a status line instead, such as
    `407 Proxy Authentication Required`. Requests that are no CONNECT get it too."""

    def __init__(self, target: int, refusal: str | None = None) -> None:
        self.asked: list[str] = []
        self._target = target
        self._refusal = refusal
        super().__init__()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def serve(self, made: socket.socket) -> None:
        head = head_of(made)
        self.asked.append(head.split(b"\r\n")[0].decode("latin-1"))
        if self._refusal is not None or not head.startswith(b"CONNECT "):
            said = self._refusal or "400 Bad Request"
            body = b"<html>sign in</html>"
            made.sendall(
                f"HTTP/1.1 {said}\r\nProxy-Authenticate: Negotiate\r\nContent-Type: text/html\r\n"
                f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
                + body
            )
            return
        with closing(socket.create_connection(("127.0.0.1", self._target))) as on:
            made.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            join(made, on)


class TlsFront(Listener):
    """Speaks TLS for a name and hands on to a plain port."""

    def __init__(self, target: int, certificate: Path) -> None:
        self._target = target
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        super().__init__()

    def serve(self, made: socket.socket) -> None:
        with (
            closing(self._context.wrap_socket(made, server_side=True)) as plain,
            closing(socket.create_connection(("127.0.0.1", self._target))) as on,
        ):
            join(plain, on)


@contextmanager
def running(*listeners: Listener) -> Iterator[None]:
    """Close them at the end."""
    try:
        yield
    finally:
        for each in listeners:
            each.close()


def make_certificates(folder: Path, *names: str) -> tuple[Path, Path]:
    """A company's own authority, and a certificate of it for these names: the paths of both as PEM."""
    now = dt.datetime.now(dt.UTC)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Company authority")])
    start = x509.CertificateBuilder().not_valid_before(now - dt.timedelta(days=1))
    start = start.not_valid_after(now + dt.timedelta(days=30)).issuer_name(ca_name)
    ca_id = x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key())
    ca = (
        start.subject_name(ca_name)
        .serial_number(x509.random_serial_number())
        .public_key(ca_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(ca_id, critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    alternatives = [x509.DNSName(name) for name in names]
    made = (
        start.subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])]))
        .serial_number(x509.random_serial_number())
        .public_key(key.public_key())
        .add_extension(
            x509.SubjectAlternativeName([*alternatives, x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ca_id), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    authority, certificate = folder / "authority.pem", folder / "certificate.pem"
    authority.write_bytes(ca.public_bytes(pem))
    certificate.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(pem)
    )
    return authority, certificate
