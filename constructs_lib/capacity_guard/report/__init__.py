"""Reports for people and machines: the verdict of a rehearsal and its timeline, computed from raw records.

Pure code over plain records: it starts nothing, asks nothing and invents nothing.
"""
