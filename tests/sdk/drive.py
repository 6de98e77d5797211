"""Drives a 1099Policy server with the official Python SDK: every resource it has, every error it knows, its habits.

Nobody here wrote the SDK, so what it accepts shows that the simulator speaks as the service does. It is told where the
server is: drive.py BASE_URL API_KEY. The server is the simulator: time is moved and faults are set through its control
endpoints, which are the only requests that do not go through the SDK.

What there is to try is read out of the SDK itself: a resource, a method or a class of error that is new in it, and that
nothing here has tried, fails the run. What it cannot do is tried as well, and said at the end.
"""

import ten99policy as sdk

import habits
import refusals
import resources
from simulator import RESOURCES, called, fault, met, methods

# Inherited, and without a path of the service's own behind them.
NO_PATH = {("ContractorPolicies", "retrieve"), ("JobCategories", "retrieve")}


def no_resource(name):
    return lambda: not hasattr(sdk, name)


def made_objects_are_bare():
    made = sdk.Entities.create(name="Bare")
    return not hasattr(made, "save") and not hasattr(made, "delete") and not hasattr(sdk.Entities.list()[0], "save")


def bare_lists_are_not_walked():
    try:
        sdk.Entities.auto_paging_iter()
    except AttributeError:
        return True
    return False


def a_stored_failure_is_not_left():
    sdk.max_network_retries = 2
    try:
        fault("POST", "/entities", "error_before")
        sdk.Entities.create(idempotency_key="sdk-stored", name="Stored")
    except sdk.error.Ten99PolicyError:
        return "Stored" not in [entity.name for entity in sdk.Entities.list(limit=100)]
    finally:
        sdk.max_network_retries = 0
    return False


# What it cannot do, and how one sees that. docs/policy-simulator.md has the same lines.
CANNOT = [
    ("certificates: no resource, and no way to send a file", no_resource("Certificates")),
    ("expiring an application session", lambda: not hasattr(sdk.InsuranceApplicationSessions, "expire")),
    ("cancelling an assignment", lambda: not hasattr(sdk.Assignments, "cancel")),
    ("extending an assignment", lambda: not hasattr(sdk.Assignments, "extend")),
    ("payment sessions", no_resource("PaymentSessions")),
    ("deleting a quote or a session", lambda: not hasattr(sdk.Quotes, "delete") and not hasattr(sdk.InsuranceApplicationSessions, "delete")),
    ("one job category, or one policy by its contractor: the methods are there, the service has no such path", lambda: all(called[pair] == 0 for pair in NO_PATH)),
    ("saving or deleting an object that was created, modified or listed: only a retrieved one can", made_objects_are_bare),
    ("walking over the pages of a bare list: auto_paging_iter needs an envelope", bare_lists_are_not_walked),
    ("leaving a key behind whose 500 was stored: its retries replay it", a_stored_failure_is_not_left),
    ("retrying an answer that broke off, or half a JSON", lambda: habits.half_an_answer_is_not_retried(None) is None),
    ("verifying a webhook's signature", no_resource("Webhook")),
]


def table():
    """Every resource, and how often each of its methods was called and answered; what was not."""
    columns = ["list", "create", "retrieve", "modify", "delete", "save", "obj.delete"]
    print("%-30s" % "resource" + "".join("%11s" % column for column in columns))
    untried, tried = [], 0
    for resource in RESOURCES:
        name, able = resource.__name__, methods(resource)
        cells = []
        for column in columns:
            count = called[name, column]
            if column not in able:
                cells.append("-")
            elif (name, column) in NO_PATH:
                cells.append("no path")
            else:
                cells.append(str(count))
                tried += column in columns[:5] and count > 0
                if count == 0:
                    untried.append((name, column))
        print("%-30s" % name + "".join("%11s" % cell for cell in cells))
    print("%d resource calls of %d resources" % (tried, len(RESOURCES)))
    return untried


def main():
    world = resources.World()
    steps = [
        resources.entities,
        resources.contractors,
        resources.saving,
        resources.categories,
        resources.jobs,
        resources.quotes,
        resources.sessions,
        resources.policies,
        resources.assignments,
        resources.invoices,
        resources.events,
        resources.webhooks,
        refusals.of_input,
        refusals.of_what_is_so_already,
        refusals.of_the_connection,
        refusals.on_request,
        refusals.environments,
    ]
    for step in steps + habits.ALL + [resources.farewell]:
        step(world)
        print("ok", step.__name__)
    for what, is_so in CANNOT:
        assert is_so(), "it can: %s" % what
        print("cannot:", what)
    untried = table()
    for name in sorted(met):
        print("%-36s %s" % (name, met[name]))
    print("%d classes of errors" % len(met))
    assert not untried, untried
    assert not refusals.unmet(), refusals.unmet()
    print("all as expected")


main()
