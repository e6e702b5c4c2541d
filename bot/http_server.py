"""uvicorn's server without uvicorn's own command line.

`import uvicorn` loads that too, and with it click, multiprocessing and what watches over several processes: 2 MB that no
server of ours uses. So while the package is loaded something empty stands for it, unless somebody has loaded it before.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Final

_COMMAND_LINE: Final = "uvicorn.main"
_IS_OURS: Final = "uvicorn" not in sys.modules
if _IS_OURS:
    stand_in = ModuleType(_COMMAND_LINE)
    stand_in.__dict__.update(dict.fromkeys(("Server", "main", "run")))
    sys.modules[_COMMAND_LINE] = stand_in

import uvicorn  # noqa: E402 - see above
from uvicorn.config import Config  # noqa: E402
from uvicorn.server import Server  # noqa: E402

if _IS_OURS:
    del sys.modules[_COMMAND_LINE], uvicorn.main, uvicorn.run
    uvicorn.Server = Server  # type: ignore[misc]  # for whoever imports the package after us

__all__ = ["Config", "Server"]
