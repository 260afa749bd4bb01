"""Text, Markdown and pages for people: plans, recommendations, and what every page and chart shares.

Every function takes data and returns or prints text. Nothing here reads files or calls AWS.
"""
