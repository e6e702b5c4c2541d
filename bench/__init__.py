"""The figures we promise, measured as ratios against floors measured in the same run: `python -m bench [name …] [--quick]`.

A floor is the least that any program built on the same libraries must spend; floors and ours take turns, and medians of
the turns are compared. Everything runs on this machine alone and ends by itself. May import everything; nothing imports it.
"""
