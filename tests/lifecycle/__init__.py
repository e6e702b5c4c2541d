"""The lifecycle, pure: given people and a request, when somebody commands, then events follow."""
