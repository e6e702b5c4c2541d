"""The house itself: rooms, directions, circles, locks, and what the README promises."""
