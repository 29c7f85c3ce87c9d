"""Statistics of key account management: which accounts are key, what depends on them, who is drifting."""
