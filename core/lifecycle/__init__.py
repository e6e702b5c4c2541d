"""The life of a request, pure: `decide(request, command, facts) -> events`, `evolve(request, event) -> request`.

One file per stretch of life: `creating`, `deciding`, `talking`, `ending`, `executing`, `ringing`; between
them `advancing` goes from stage to stage. `who` answers who may do what; `facts` is all that the outside contributes. A
refusal is raised; nothing here awaits, logs or looks at a clock.
"""

from core.lifecycle.decide import content_after, decide, stored_decision
from core.lifecycle.evolve import evolve, fold
from core.lifecycle.facts import Facts
from core.lifecycle.ringing import overdue

__all__ = ["Facts", "content_after", "decide", "evolve", "fold", "overdue", "stored_decision"]
