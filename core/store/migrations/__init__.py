"""The schema's history, one file per step under `versions/`. Run by `core.store.migrate`; Alembic finds it here."""
