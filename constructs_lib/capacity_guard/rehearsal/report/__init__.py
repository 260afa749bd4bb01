"""The page of a rehearsal: raw records, timeline, verdict, chart."""
