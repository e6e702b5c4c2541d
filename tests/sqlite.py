"""SQLite files with their tables, in an instant: made once per process, then copied."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from core.store.migrate import upgrade


def fresh(path: Path) -> str:
    """A new file with tables and nothing in them; its address."""
    path.write_bytes(_migrated())
    return f"sqlite:///{path}"


@cache
def _migrated() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "template.db"
        upgrade(f"sqlite:///{path}")
        return path.read_bytes()
