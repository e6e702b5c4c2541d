"""Who hears of an event, and what."""
