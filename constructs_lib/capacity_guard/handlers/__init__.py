"""Lambda code of the gates: what they read from AWS, what they judge, and the one write, of warm throughput.

It uses the standard library, the runtime's boto3, ``capacity_guard.capacity`` and ``capacity_guard.dynamodb`` only.
``gate.on_event`` and ``gate.is_complete`` are the entry points.
"""
