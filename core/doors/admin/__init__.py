"""Base classes of the admin, the operator's door. See `options` for what they promise.

An app's admin declares what is shown and names the services that write; scope, rights, escaping, history and
export come from here.
"""

from __future__ import annotations

from core.doors.admin.display import badge, brief, count_of, money
from core.doors.admin.filters import BusinessDayFilter, OpenFilter, ScopedRelatedFilter
from core.doors.admin.forms import (
    OperationForm,
    ServiceForm,
    choice_field,
    related_field,
    style,
)
from core.doors.admin.inlines import ShownInline
from core.doors.admin.operations import Operation
from core.doors.admin.options import ScopedModelAdmin
from core.doors.admin.records import CLOSE, REOPEN, RecordAdmin

__all__ = [
    "CLOSE",
    "REOPEN",
    "BusinessDayFilter",
    "OpenFilter",
    "Operation",
    "OperationForm",
    "RecordAdmin",
    "ScopedModelAdmin",
    "ScopedRelatedFilter",
    "ServiceForm",
    "ShownInline",
    "badge",
    "brief",
    "choice_field",
    "count_of",
    "money",
    "related_field",
    "style",
]
