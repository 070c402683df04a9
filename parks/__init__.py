"""Places, parks, their units and events. Beside the rooms that all apps have:

where things are         geography, provinces, towns
who gets in whose way    collisions, industries
"""
