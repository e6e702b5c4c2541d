"""One sub-command of `/countersign` per file, each exporting one `Command` as `MEMBER`; help writes itself from them.

Parsing is strict and echoes what was expected. The order in help is that of the files' names.
"""
