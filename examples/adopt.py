from aws_cdk import App, Stack, Validations
from aws_cdk.aws_dynamodb import Attribute, AttributeType, BillingMode, Table

from capacity_guard import CapacityGuard, CapacityGuardChecks, Units

app = App()
stack = Stack(app, "Orders")
# Your table, as it stands in your code today.
order_id = Attribute(name="order_id", type=AttributeType.STRING)
customer_id = Attribute(name="customer_id", type=AttributeType.STRING)
table = Table(stack, "Orders", partition_key=order_id, billing_mode=BillingMode.PAY_PER_REQUEST)
table.add_global_secondary_index(index_name="by_customer", partition_key=customer_id)
# What you add: the guard beside it.
warm = {"by_customer": Units(write=6_300)}
CapacityGuard(stack, "OrdersGuard", table=table, baseline="baselines/Orders.json", warm=warm)
Validations.of(app).add_plugins(CapacityGuardChecks(app))
app.synth()
