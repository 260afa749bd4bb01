"""What users pass to a construct: checked, and as the properties of a ``TableV2``."""
