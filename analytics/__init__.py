"""Figures: counted from the facts of all other apps, and read by everybody. Beside the rooms that all apps have:

counting                 counting, rollup, metrics, closing, periods, shares
what a door shows        figures, firmsums, parkday, silence, slowstock, border, channels, collective, cash, obs, wall
a session's account      result, keep, packing, forothers, outsidehosts, settlement
its audience, trust      audience, tracks, counters, trust, reports, beside
festivals, matching      events, matching
provinces                statfiles, parkseries, eci, index, looks
the five synthetic parks demo
"""
