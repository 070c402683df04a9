"""Through which channels a firm sells: shares in percentage points, growth in percent, concentration."""

from analytics.channels.gathering import Against, channel_mix, period_before
from analytics.channels.mix import Mix, Row, mix_of

__all__ = ["Against", "Mix", "Row", "channel_mix", "mix_of", "period_before"]
