"""What a revision needs before it may pass, and why. Everything here but the loader is pure.

A rule comes in as YAML or JSON (`load`), as a mapping (`document`) or as one line (`line`), which all mean the same document;
`read_back` says it in plain words. The `rulebook` finds the candidates for a request by scope and type and asks their
`condition`s; `judge` makes a plan of their answers and of what else was `given`, `merging` what several ask for;
`explain` keeps and tells why. `can_it_pass`, `lint`, `replay` and `fixture` show beforehand what a rule would do. `trust` is
the formula of trust budgets. The expression engine is known to `condition` alone, YAML to `load` alone.
"""
