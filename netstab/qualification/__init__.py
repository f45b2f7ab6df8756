"""The qualification bench: what grid operators test before a load may sell a product, played on a site.

A test is a pure plan (what is ordered when), and a pure judge (of what was recorded, a verdict with margins).
What it is played on is a `Site`: in virtual time, over sockets, or live. Limits and figures of the tests are
`Criteria`, never constants. Nothing here decides what a fleet does.
"""
