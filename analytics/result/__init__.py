"""What a firm keeps of a session: net sales less what they cost, each line down to the record it rests on."""

from analytics.result.account import Account, Line, Source, line_of
from analytics.result.gathering import account_of, accounts_of, may_see_result

__all__ = ["Account", "Line", "Source", "account_of", "accounts_of", "line_of", "may_see_result"]
