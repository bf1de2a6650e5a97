"""Which addresses OMI online may have: https anywhere, or http on this computer."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def checked_address(url: str) -> str:
    """An address without its last slash. Raises ValueError unless it is https, or http on this computer."""
    parts = urlsplit(url.strip())
    host = parts.hostname or ""
    if parts.scheme == "https" and host:
        return url.strip().rstrip("/")
    if parts.scheme == "http" and is_loopback(host):
        return url.strip().rstrip("/")
    raise ValueError("the address of OMI online begins with https://")


def is_loopback(host: str) -> bool:
    """Whether a host is this computer."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
