"""What happens when the templates are final: guards read their tables, and the validation report gets its checks."""
