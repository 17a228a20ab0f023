"""The address of a client, believed only as far as the proxies in front of us vouch for it."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

UNKNOWN = "unknown"


def client_address(request: HttpRequest) -> str:
    """Return the client's IP address as text, or "unknown" where the peer is not an IP address.

    Each of the VORTEX_TRUSTED_PROXIES proxies appends the peer that it saw to X-Forwarded-For, so
    the entry that far from the right was written by the outermost of them; what stands further left
    was written by the client and is ignored. A shorter list did not pass our proxies, and is
    ignored too.
    """
    return address_behind(
        request.headers.get("X-Forwarded-For", ""), request.META.get("REMOTE_ADDR", "")
    )


def address_behind(forwarded: str, peer: str) -> str:
    """Return the same from X-Forwarded-For and the address of the peer."""
    proxies = settings.VORTEX_TRUSTED_PROXIES
    claimed = [entry.strip() for entry in forwarded.split(",")]
    if proxies > 0 and len(claimed) >= proxies:
        vouched = _parse(claimed[-proxies])
        if vouched is not None:
            return str(vouched)
    return str(_parse(peer) or UNKNOWN)


def network_of(address: str) -> str:
    """Return what counts as one client for rate limits: an IPv4 address, or an IPv6 /64.

    A household or a server gets a whole /64, so that a single address is no limit at all.
    """
    parsed = _parse(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, 64), strict=False))
    return address


@lru_cache(maxsize=1024)  # the peers are mostly proxies, and every request asks
def _parse(text: str) -> IPv4Address | IPv6Address | None:
    """Read `192.0.2.1`, `192.0.2.1:8080`, `2001:db8::1` or `[2001:db8::1]:8080`."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        parsed = ip_address(text)
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return mapped or parsed
