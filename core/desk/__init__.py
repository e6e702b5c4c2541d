"""The only door for change: load, read the clock, decide, fold, save, commit; then the world is told.

`desk` is the door itself. Around it stand, each knowing those after it but not the door: `facts` gathers what must be known
before a command is decided, `reading` looks without changing anything, `repeats` recognises what was already answered,
`together` knows what a batch of new requests must be.
Imports the lifecycle and the rulebook (pure), ports, naming and outgoing; never an edge, never the store itself.
"""

from core.desk.desk import Desk, Done
from core.desk.together import Batched
from core.naming import Draft, DraftRequirement, DraftStage
from core.ports import Idempotency

__all__ = ["Batched", "Desk", "Done", "Draft", "DraftRequirement", "DraftStage", "Idempotency"]
