"""What staff read about what was sent, and what they can do about it: one set of words for every service."""
