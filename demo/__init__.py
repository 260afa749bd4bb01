"""`make demo`: the incident, told and undone, with the real CDK CLI against the local emulator. Not AWS."""
