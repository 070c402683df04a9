"""Outside hosts (达人) of a firm: what each sold, what came back of it, what is taken off, what is kept, and the
samples of each."""

from analytics.outsidehosts.account import HostAccount, outside_host
from analytics.outsidehosts.address import address_of, ref_of
from analytics.outsidehosts.sales import OutsideHost, outside_hosts
from analytics.outsidehosts.samples import HostSamples

__all__ = [
    "HostAccount",
    "HostSamples",
    "OutsideHost",
    "address_of",
    "outside_host",
    "outside_hosts",
    "ref_of",
]
