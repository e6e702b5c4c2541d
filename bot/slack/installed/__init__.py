"""Where the app is installed: the workspace, the teams it reaches, the channels it may post to, the scopes it was given."""
