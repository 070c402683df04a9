"""Outside hosts (达人) of a firm: what each sold, what came back of it, what is taken off, and what is kept."""

from analytics.outsidehosts.account import HostAccount, outside_host
from analytics.outsidehosts.address import address_of, ref_of
from analytics.outsidehosts.sales import OutsideHost, outside_hosts

__all__ = ["HostAccount", "OutsideHost", "address_of", "outside_host", "outside_hosts", "ref_of"]
