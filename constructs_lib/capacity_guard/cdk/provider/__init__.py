"""What runs behind the gates, one a stack: the functions, their roles and permissions, and the checks of them."""
