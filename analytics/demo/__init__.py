"""Synthetic parks: five real ways to run a park, at their published scale, with invented firms and sales.

plans    what each park is (published figures, and what was chosen where none is published)
days     what happens on a day, pure: the same (seed, park, day) gives the same bookings, sessions and sales
build    the standing things: premises (units, leases, rooms), firms (tenants, hosts), goods
built    a park with its rows, as it was built
festival a festival every fortnight, with venues, entrants and items
exchange rooms and hosts that parks offer to each other, and hours that were lent
matching which hosts are best for some goods
load     days into the database through the services; catches up where it stopped
"""
