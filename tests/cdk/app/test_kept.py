"""What is kept of a construct: made once, for each construct its own."""

from __future__ import annotations

import aws_cdk as cdk

from capacity_guard.cdk.app.kept import kept_of


def test_value_is_made_once_for_a_construct_and_a_key() -> None:
    one, other = cdk.App(), cdk.App()
    first = kept_of(one, "key", list[int])
    first.append(1)
    assert kept_of(one, "key", list[int]) is first
    assert kept_of(one, "another", list[int]) == []
    assert kept_of(other, "key", list[int]) == []
