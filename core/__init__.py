"""The kernel: what every app stands on. Beside the rooms that all apps have:

who, and what they may   actors, scoping, policy, middleware
facts and their keeping  audit, sealing, records, idempotency, storage, maintenance
the database's word      locking, overlap, dbrules, indexes, sqlite3, planner, prepared, portions, checks, health
days and money           clock, days, money, capitals, rates
what is done later       ahead, doorbell, buckets, draining, jobs, embedded, lifetime, webhooks
words and shapes         words, strict
"""
