"""Corrections: autoscaling."""
