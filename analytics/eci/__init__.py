"""The e-commerce index over a panel of provinces and years; the maths of it stands in analytics.index.

indicators   the twelve indicators and the study's variables, as shipped
panel        a panel as a table of numbers, from a file or from rows
columns      which columns of a panel make the index
parkcolumns  park-born series as columns of a panel
winsor       extreme values pulled to a quantile
run          one run: read, winsorize, weigh, score, rank
frozenbase   a fitted base as JSON, to score later years like the earlier ones
output       the files of a run
synthetic    a panel drawn to the published moments, for the demo
"""
