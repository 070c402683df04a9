"""Which host for which goods: what a host's hour brings after refunds, ranked hosts with reasons, the best assignment.

facts       what is known of sessions, hosts and requests. No database and no clock here nor in the next four.
fitting     the model: partial pooling over categories, levels, hosts and hosts within a category
refunds     the share of sales that comes back, pooled likewise
ranking     hosts for one request, with the facts behind the reasons, and those who cannot be had
assignment  many products to many hosts, with a bound
gathering   the facts of a park from the database
showing     who may read amounts
words       reasons as sentences
"""
