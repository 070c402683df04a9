"""The park-born series: metrics of the parks rolled up to their towns, cities and provinces.

definitions  which series there are, and from which family of counts
counting     what every park and firm had in each period of a year
live         the part of it that comes from live sessions
proof        the hashes that say which lines a value was counted from
"""
