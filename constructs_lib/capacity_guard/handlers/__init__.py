"""Lambda entry points of the two gates: what they read of AWS, what they judge and the one thing they write.

Standard library, the runtime's boto3 and ``capacity_guard.capacity`` only. ``gate.on_event`` and
``gate.is_complete`` are the entry points; everything else is reached through them.
"""
