"""What the library reads of an app: its constructs, its context, its stacks and their templates."""
