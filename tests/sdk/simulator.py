"""The simulator's own endpoints, the only requests that do not go through the SDK, and what was asked of it.

Every resource class of the SDK is watched: what was called and answered is counted, so that the end can say what was not.
"""

import json
import sys
import urllib.request
from collections import Counter

import ten99policy
from ten99policy import api_resources, error
from ten99policy.api_resources import abstract

BASE, KEY = sys.argv[1], sys.argv[2]
ten99policy.api_base = BASE
ten99policy.api_key = KEY
ten99policy.environment = "sandbox"
ten99policy.log = None

DAY = 86_400

ABSTRACT = {
    abstract.CreateableAPIResource: "create",
    abstract.ListableAPIResource: "list",
    abstract.UpdateableAPIResource: "modify",
    abstract.DeletableAPIResource: "delete",
}

RESOURCES = sorted(
    (
        kind
        for kind in vars(api_resources).values()
        if isinstance(kind, type) and issubclass(kind, abstract.APIResource) and kind not in ABSTRACT
    ),
    key=lambda kind: kind.__name__,
)

# By resource and method: how often it was called and answered.
called = Counter()
# By class of error: how it was met.
met = {}


def methods(resource):
    """What the SDK lets a resource do, by the classes that it is made of."""
    able = [name for base, name in ABSTRACT.items() if issubclass(resource, base)]
    instance = {"modify": "save", "delete": "obj.delete"}
    return able + ["retrieve"] + [instance[name] for name in able if name in instance]


def watch(resource):
    """Counts the calls of a resource's class methods and of its objects' own."""
    name = resource.__name__

    def counting(method, original):
        def call(*args, **kwargs):
            answer = original(*args, **kwargs)
            called[name, method] += 1
            return answer

        return call

    for method in ("create", "list", "modify", "retrieve"):
        if hasattr(resource, method):
            setattr(resource, method, staticmethod(counting(method, getattr(resource, method))))
    if hasattr(resource, "save"):
        resource.save = counting("save", resource.save)
    if hasattr(resource, "_cls_delete"):
        by_id, by_object = resource._cls_delete, vars(abstract.DeletableAPIResource)["delete"].method

        class Delete:
            def __get__(self, of, kind=None):
                if of is None:
                    return counting("delete", by_id)
                return lambda: counting("obj.delete", by_object)(of)

        resource.delete = Delete()


for kind in RESOURCES:
    watch(kind)


def control(method, path, body=None):
    """One request to the simulator itself."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(BASE + "/_sim" + path, data=data, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def now():
    return control("GET", "/clock")["now"]


def advance(secs):
    return control("POST", "/clock/advance", {"secs": secs})


def ledger():
    return control("GET", "/ledger")


def fault(method, path, kind, **more):
    control("POST", "/faults", dict(more, method=method, path=path, kind=kind))


def requests(method, path):
    """What the simulator saw of this kind, oldest first."""
    seen = control("GET", "/requests")
    return [one for one in seen if one["method"] == method and one["path"].startswith(path)]


def ids(listed):
    return [item["id"] for item in listed]


def refused(kind, call, *args, how="by itself", **kwargs):
    """The call is refused with exactly this class of error, which is returned."""
    try:
        call(*args, **kwargs)
    except error.Ten99PolicyError as refusal:
        assert type(refusal) is kind, (kind, repr(refusal))
        met.setdefault(kind.__name__, how)
        return refusal
    raise AssertionError("%s was not refused" % call)


def answered(kind, status, call, *args, **kwargs):
    """The same, by an answer of this status that names its request."""
    refusal = refused(kind, call, *args, **kwargs)
    assert refusal.http_status == status, refusal
    assert refusal.request_id.startswith("req_"), "every answer names its request"
    assert refusal.message, refusal
    return refusal
