"""What a change passes: the gates with their plans, the rollback alarms, and the hold."""
