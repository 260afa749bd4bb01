"""Replays recorded traffic against a capacity and shows which minutes throttle, and why."""
