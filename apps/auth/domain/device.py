"""What is remembered of the device that somebody signs in from: enough to recognise it, no more."""

from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Final

_LONGEST_AGENT: Final = 200
_KEPT_BITS: Final = {4: 24, 6: 48}


@dataclass(frozen=True)
class Device:
    """Where a request comes from: the address in full, for limits only, and the user agent."""

    address: str
    user_agent: str

    @property
    def neighbourhood(self) -> str:
        """The network that the address is in: /24 of IPv4, /48 of IPv6; empty where unknown."""
        try:
            address = ip_address(self.address)
        except ValueError:
            return ""
        return str(ip_network(f"{address}/{_KEPT_BITS[address.version]}", strict=False))

    @property
    def name(self) -> str:
        """The user agent, as long as it is kept and without what a terminal would obey."""
        return "".join(filter(str.isprintable, self.user_agent))[:_LONGEST_AGENT]
