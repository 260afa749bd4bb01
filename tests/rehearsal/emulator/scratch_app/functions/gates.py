"""Functions of the scratch app's two gates: they wait as long as they are told to, then pass or fail."""

import json
import os
import time


def on_event(event, context):
    print(json.dumps({"gate": event["LogicalResourceId"], "type": event["RequestType"]}))
    properties = event["ResourceProperties"]
    if event["RequestType"] != "Create":
        return {}
    return {
        "PhysicalResourceId": event["LogicalResourceId"],
        "Until": time.time() + float(properties.get("WaitSeconds", 0)),
    }


def is_complete(event, context):
    if event["RequestType"] != "Create":
        return {"IsComplete": True}
    if time.time() < event["Until"]:
        return {"IsComplete": False}
    if event["ResourceProperties"].get("Outcome") == "fail":
        raise RuntimeError("veto: the gate was told to fail")
    return {"IsComplete": True, "Data": {"Table": os.environ.get("TABLE", ""), "At": str(time.time())}}
