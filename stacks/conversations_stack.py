"""The conversations table in a stack of its own: a capacity change, and its rollback, changes nothing else."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk.aws_dynamodb import Attribute, AttributeType, GlobalSecondaryIndexPropsV2
from constructs import Construct

from capacity_guard import GuardedTable, GuardOptions, Watch, acknowledge

from .settings import INDEX, WAVES, Settings


class ConversationsStack(cdk.Stack):
    """Conversations, with an index of the conversations of an agent by last activity (inbox and analytics).

    Args:
        scope: the app.
        settings: the environment.
    """

    def __init__(self, scope: Construct, settings: Settings) -> None:
        super().__init__(
            scope,
            settings.stack_name,
            description="Conversations and their index by agent; functions and events live in other stacks",
            env=cdk.Environment(account=settings.account, region=settings.region),
        )
        self.conversations = GuardedTable(
            self,
            "Conversations",
            partition_key=Attribute(name="conversation_id", type=AttributeType.STRING),
            global_secondary_indexes=[
                GlobalSecondaryIndexPropsV2(
                    index_name=INDEX,
                    partition_key=Attribute(name="agent_id", type=AttributeType.STRING),
                    sort_key=Attribute(name="last_activity", type=AttributeType.STRING),
                )
            ],
            capacity=settings.capacity,
            baseline=settings.baseline,
            options=GuardOptions(
                rollout=settings.rollout,
                wave=None if settings.cell is None else WAVES.cell(settings.cell),
                watch=Watch() if settings.watched else None,
            ),
            deletion_protection=settings.protected,
            removal_policy=cdk.RemovalPolicy.RETAIN if settings.protected else cdk.RemovalPolicy.DESTROY,
        )
        if settings.watched:
            # Nobody is on call for the sample. An app of your own gives Watch(notify=topic).
            cdk.Annotations.of(self).acknowledge_warning(
                "capacity-guard:watch-notifies-nobody", "a sample; its messages are read in the log"
            )
        if not settings.protected:
            acknowledge(self.conversations, "CG12", reason="made for a day's work, and deleted after it")
        for rule, reason in settings.accepted.items():
            acknowledge(self.conversations, rule, reason=reason)


__all__ = ["ConversationsStack"]
