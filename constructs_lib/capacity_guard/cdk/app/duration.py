"""Lengths of time for the CDK."""

from __future__ import annotations

from functools import cache

import aws_cdk as cdk


@cache
def duration(seconds: int) -> cdk.Duration:
    """A length of time for the CDK, created once for each length: each creation is a call to the CDK's own process.

    Args:
        seconds: seconds.
    """
    return cdk.Duration.seconds(seconds)


__all__ = ["duration"]
