"""Replays recorded traffic against a capacity: which minutes would have throttled, and why."""
