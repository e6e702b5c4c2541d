"""The shapes that leave and enter the house, shared by API, MCP, webhooks and CLI: snake_case JSON, strict both ways.

`strict` reads bytes, `asking` holds what comes in about requests, `showing` what goes out, `setting_up` what admins
send and see. Shapes know the model and turn into the desk's drafts and commands; they know no route and no store.
"""
