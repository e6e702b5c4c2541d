"""The nouns: digests, durations, people."""
