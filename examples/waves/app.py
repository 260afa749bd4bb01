"""A fleet that changes in waves, deployed by CDK Pipelines: each wave of the pipeline is a wave of cells."""

from pathlib import Path

from aws_cdk import App, Environment, Stack, Stage, Validations
from aws_cdk.aws_codepipeline import CfnPipeline, PipelineType
from aws_cdk.aws_dynamodb import Attribute, AttributeType
from aws_cdk.aws_iam import PolicyStatement
from aws_cdk.pipelines import CodePipeline, CodePipelineSource, ShellStep
from constructs import Construct

from capacity_guard import CapacityGuardChecks, GuardedTable, GuardOptions, Waves

WAVES = Waves.load(Path(__file__).parent / "waves.json")
ENVIRONMENTS = {
    "cell-1": Environment(account="111111111111", region="eu-west-1"),
    "cell-2": Environment(account="222222222222", region="eu-west-1"),
    "cell-3": Environment(account="222222222222", region="us-east-1"),
}
PIPELINE = Environment(account="999999999999", region="eu-west-1")
ALARM = "orders-errors"
"""An alarm of yours on what customers notice, in the account and Region of the pipeline."""


class Cell(Stage):
    """One cell: the table in a stack of its own, in an account and a Region of its own."""

    def __init__(self, scope: Construct, name: str) -> None:
        super().__init__(scope, name, env=ENVIRONMENTS[name])
        GuardedTable(
            Stack(self, "Orders"),
            "Orders",
            partition_key=Attribute(name="order_id", type=AttributeType.STRING),
            capacity=WAVES.cell(name).capacity,
            baseline=WAVES.baseline_file(name),
            options=GuardOptions(wave=WAVES.cell(name)),
        )


def build(app: App) -> CodePipeline:
    """Add the pipeline and the cells to an app."""
    pipeline = CodePipeline(
        Stack(app, "Pipeline", env=PIPELINE),
        "Pipeline",
        cross_account_keys=True,
        pipeline_type=PipelineType.V2,
        synth=ShellStep(
            "Synth",
            input=CodePipelineSource.connection(
                "company/orders",
                "main",
                connection_arn="arn:aws:codeconnections:eu-west-1:999999999999:connection/1",
            ),
            commands=["pip install -r requirements.txt", "npx cdk synth"],
        ),
    )
    for number, cells in enumerate(WAVES.waves, start=1):
        wave = pipeline.add_wave(f"Wave{number}")
        for cell in cells:
            wave.add_stage(Cell(app, cell))
    pipeline.build_pipeline()
    close_while_in_alarm(pipeline, "Wave2")
    Validations.of(app).add_plugins(CapacityGuardChecks(app))
    return pipeline


def close_while_in_alarm(pipeline: CodePipeline, wave: str) -> None:
    """Let no execution enter a wave of the pipeline while the alarm is in ALARM. CDK Pipelines has no argument for it."""
    rule = {
        "Name": "NoErrors",
        "RuleTypeId": {"Category": "Rule", "Owner": "AWS", "Provider": "CloudWatchAlarm", "Version": "1"},
        "Configuration": {"AlarmName": ALARM, "AlarmStates": "ALARM", "WaitTime": "1"},
    }
    names = [stage.stage_name for stage in pipeline.pipeline.stages]
    resource = pipeline.pipeline.node.default_child
    assert isinstance(resource, CfnPipeline)
    conditions = [{"Result": "FAIL", "Rules": [rule]}]
    resource.add_property_override(f"Stages.{names.index(wave)}.BeforeEntry.Conditions", conditions)
    pipeline.pipeline.role.add_to_principal_policy(
        PolicyStatement(actions=["cloudwatch:DescribeAlarms"], resources=["*"])
    )


if __name__ == "__main__":
    app = App()
    build(app)
    app.synth()
