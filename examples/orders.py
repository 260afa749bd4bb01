from aws_cdk import App, Stack, Validations
from aws_cdk.aws_dynamodb import Attribute, AttributeType, GlobalSecondaryIndexPropsV2

from capacity_guard import Capacity, CapacityGuardChecks, GuardedTable, OnDemand, Units

app = App()
customer = Attribute(name="customer_id", type=AttributeType.STRING)
GuardedTable(
    Stack(app, "Orders"),
    "Orders",
    partition_key=Attribute(name="order_id", type=AttributeType.STRING),
    global_secondary_indexes=[GlobalSecondaryIndexPropsV2(index_name="by_customer", partition_key=customer)],
    capacity=Capacity.on_demand(indexes={"by_customer": OnDemand(warm=Units(write=6_300))}),
    baseline="baselines/Orders.json",
)
Validations.of(app).add_plugins(CapacityGuardChecks(app))
app.synth()
