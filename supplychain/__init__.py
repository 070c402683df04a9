"""Goods from the pool to the parcel, and the ledger of what was sold. Beside the rooms that all apps have:

orders in                importing, facts, shophooks, samenumber, exceeding
which session            attribution, placed
what is shown            showcase, explained, certificates, refusals
stock and parcels        presale, unshipped, givenback, shelfday, fees
making more              reorders, factoryroom, pace
agreements, statements   settlement, workings, keptsamples, partners
many keys at once        among
"""
