"""Many workspaces on one server: how each gets the app, who serves it, and which one a card goes to."""
