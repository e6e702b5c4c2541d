"""What a revision needs before it may pass, and why. Everything here but the loader is pure."""
