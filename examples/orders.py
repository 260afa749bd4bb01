from aws_cdk import App, Stack, Validations
from aws_cdk.aws_dynamodb import Attribute, AttributeType

from capacity_guard import Capacity, CapacityGuardChecks, GuardedTable, Index, Units

app = App()
GuardedTable(
    Stack(app, "Orders"),
    "Orders",
    partition_key=Attribute(name="order_id", type=AttributeType.STRING),
    indexes=[Index("by_customer", partition_key=Attribute(name="customer_id", type=AttributeType.STRING))],
    capacity=Capacity.on_demand(indexes={"by_customer": Units(write=6_300)}),
    baseline="baselines/orders.json",
)
Validations.of(app).add_plugins(CapacityGuardChecks())
app.synth()
