"""What a change has after its deployment: the function of the watch, the role of a rollback, and the way back in the template."""
