"""One account and Region of the fakes: a clock that tests set, and the services that use it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from botocore import xform_name

from tests.fakes.autoscaling import AutoScaling
from tests.fakes.cloudformation import CloudFormation
from tests.fakes.cloudwatch import CloudWatch
from tests.fakes.dynamodb import DynamoDb
from tests.fakes.models import Refusal, check_answer, check_fields, check_request, constraint_errors, copied
from tests.fakes.ssm import Ssm


class Account:
    """The services, and the time that all of them use.

    Args:
        now: time at the start, UTC.
        region: Region of everything.
        account: account id.

    Attributes:
        now: the present time; a test sets it, only to later times.
    """

    def __init__(self, now: datetime, region: str = "eu-west-1", account: str = "111122223333") -> None:
        self.now = now
        self.region, self.account = region, account
        self.dynamodb = DynamoDb(lambda: self.now, region, account)
        self.cloudwatch = CloudWatch(lambda: self.now, region, account)
        self.autoscaling = AutoScaling(lambda: self.now, self.dynamodb, region, account)
        self.cloudformation = CloudFormation(self, region, account)
        self.ssm = Ssm(lambda: self.now)

    def forward(self, seconds: float) -> None:
        """Advance the time."""
        self.now += timedelta(seconds=seconds)

    def settle(self) -> None:
        """Carry out every change that is due by now."""
        self.dynamodb.settle()
        self.autoscaling.settle()
        self.cloudwatch.settle()

    def call(
        self, service: str, operation: str, parameters: Mapping[str, Any], *, checked: bool = False
    ) -> dict[str, Any]:
        """Call an operation by its API name.

        Args:
            service: botocore's name of the service.
            operation: the API's name of the operation.
            parameters: the request.
            checked: whether a client checked the request already.

        Raises:
            Refusal: the service refuses it.
            AssertionError: botocore would not send the request, or could not parse the answer.
            NotImplementedError: the fake does not have this operation.
        """
        self.settle()
        if checked:
            pass
        elif service == "dynamodb":
            check_fields(service, operation, parameters)
            errors = constraint_errors(service, operation, parameters)
            if errors is not None:
                raise Refusal("ValidationException", errors)
        else:
            check_request(service, operation, parameters)
        services = {
            "dynamodb": self.dynamodb,
            "cloudwatch": self.cloudwatch,
            "cloudformation": self.cloudformation,
            "application-autoscaling": self.autoscaling,
            "ssm": self.ssm,
        }
        act = getattr(services[service], xform_name(operation), None)
        if act is None:
            raise NotImplementedError(f"the fake has no {service}:{operation}")
        answer: dict[str, Any] = copied(act(copied(parameters)))
        check_answer(service, operation, answer)
        return answer
