"""Live rooms, their bookings and schedules, hosts, and sessions. Beside the rooms that all apps have:

time                     conflicts, recurrence, availability, dayplan, quotas, usual, usage, terms
the schedule             scheduling, planning, answers
on air                   publishing, addresses, mediaservers, frames, readings, spending, labels
hosts                    hostcover, hostfigures, hosthours, incubation
the studio's day         studio, readiness
between parks            exchange, exchangefigures, exchangelist, guests
"""
