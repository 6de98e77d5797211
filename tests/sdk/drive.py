"""Drives a 1099Policy server with the official Python SDK: every resource it has, from create to delete.

Nobody here wrote the SDK, so what it accepts shows that the simulator speaks as the service does. It is told where the
server is: drive.py BASE_URL API_KEY. The server is the simulator: time is moved and faults are set through its control
endpoints, which are the only requests that do not go through the SDK.

Not driven, because the SDK has no method for it: certificates, expiring a session, cancelling and extending an
assignment, payment sessions.
"""

import json
import sys
import urllib.request

import ten99policy
from ten99policy import error

BASE, KEY = sys.argv[1], sys.argv[2]
ten99policy.api_base = BASE
ten99policy.api_key = KEY
ten99policy.environment = "sandbox"
ten99policy.log = None

DAY = 86_400
done = []


def control(method, path, body=None):
    """One request to the simulator itself."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(BASE + "/_sim" + path, data=data, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def advance(secs):
    return control("POST", "/clock/advance", {"secs": secs})


def ledger():
    return control("GET", "/ledger")


def step(name):
    done.append(name)
    print("ok", name)


def refused(kind, call, *args, **kwargs):
    """The call is refused with this class of error, which is returned."""
    try:
        call(*args, **kwargs)
    except error.Ten99PolicyError as refusal:
        assert type(refusal) is kind, (kind, repr(refusal))
        assert refusal.request_id, "every answer names its request"
        return refusal
    raise AssertionError("%s was not refused" % call)


def ids(listed):
    return [item["id"] for item in listed]


def entities():
    made = ten99policy.Entities.create(
        name="Halvorsen Analytics",
        coverage_limit={"aggregate_limit": "200000000", "occurrence_limit": "100000000"},
        address={"line1": "1 Main St", "locality": "Oakland", "region": "CA", "postalcode": "94607"},
        required_coverage=["general", "workers-comp"],
    )
    assert made.id.startswith("en_"), made
    changed = ten99policy.Entities.modify(made.id, name="Halvorsen Data")
    assert changed.name == "Halvorsen Data"
    assert ten99policy.Entities.retrieve(made.id).name == "Halvorsen Data"
    assert made.id in ids(ten99policy.Entities.list())
    spare = ten99policy.Entities.create(name="Nobody")
    ten99policy.Entities._cls_delete(spare.id)
    refused(error.InvalidEntityIdError, ten99policy.Entities.retrieve, spare.id)
    step("entities")
    return made.id


def contractors():
    made = ten99policy.Contractors.create(
        idempotency_key="sdk-contractor-1",
        first_name="Jordan",
        last_name="Lee",
        email="sdk.jordan@relay.example.test",
        phone="510-555-0142",
        address={"country": "US", "line1": "1 Elm St", "locality": "Oakland", "region": "CA", "postalcode": "94607"},
        custom_metadata={"jobdiva_candidate_id": "sdk-1"},
    )
    again = ten99policy.Contractors.create(
        idempotency_key="sdk-contractor-1",
        first_name="Jordan",
        last_name="Lee",
        email="sdk.jordan@relay.example.test",
        phone="510-555-0142",
        address={"country": "US", "line1": "1 Elm St", "locality": "Oakland", "region": "CA", "postalcode": "94607"},
        custom_metadata={"jobdiva_candidate_id": "sdk-1"},
    )
    assert again.id == made.id, "the same key, the same contractor"
    refused(
        error.DuplicateEmailError,
        ten99policy.Contractors.create,
        first_name="Another",
        last_name="Lee",
        email="sdk.jordan@relay.example.test",
    )
    found = ten99policy.Contractors.list(email="sdk.jordan@relay.example.test")
    assert ids(found) == [made.id], found
    assert found[0].custom_metadata["jobdiva_candidate_id"] == "sdk-1"
    found = ten99policy.Contractors.retrieve(made.id)
    found.phone = "510-555-0199"
    found.save(idempotency_key="sdk-contractor-save")
    assert ten99policy.Contractors.retrieve(made.id).phone == "510-555-0199"
    assert ten99policy.Contractors.modify(made.id, last_name="Leigh").last_name == "Leigh"
    step("contractors")
    return made.id


def pages():
    for number in range(5):
        ten99policy.Entities.create(name="Page %d" % number)
    seen, after = [], None
    while True:
        query = {"limit": 2} if after is None else {"limit": 2, "starting_after": after}
        page = ids(ten99policy.Entities.list(**query))
        if not page:
            break
        seen += page
        after = page[-1]
    assert len(seen) == len(set(seen)) and len(seen) >= 6, seen
    step("pages")


def categories():
    codes = [item["category_code"] if "category_code" in item else item["id"] for item in ten99policy.JobCategories.list()]
    assert codes and all(code.startswith("jc_") for code in codes), codes
    step("job categories")
    return "jc_DataAnalyst" if "jc_DataAnalyst" in codes else codes[0]


def jobs(entity, category):
    def make(name):
        return ten99policy.Jobs.create(
            name=name,
            description="Reporting migration",
            duration_hours=40,
            wage=9500,
            years_experience=5,
            wage_type="hourly",
            entity=entity,
            category_code=category,
            address={"country": "US", "region": "CA"},
            custom_metadata={"jobdiva_placement_id": name},
        )

    made = make("sdk-placement-1")
    assert made.id.startswith("jb_"), made
    assert ten99policy.Jobs.modify(made.id, wage=9600).wage == 9600
    assert ten99policy.Jobs.retrieve(made.id).custom_metadata["jobdiva_placement_id"] == "sdk-placement-1"
    assert made.id in ids(ten99policy.Jobs.list())
    spare = make("sdk-placement-2")
    ten99policy.Jobs._cls_delete(spare.id)
    refused(error.InvalidJobIdError, ten99policy.Jobs.retrieve, spare.id)
    refused(
        error.InvalidJobCategoryCodeError,
        ten99policy.Jobs.create,
        name="x",
        description="x",
        wage=9500,
        wage_type="hourly",
        entity=entity,
        category_code="DATA_ANALYTICS",
    )
    step("jobs")
    return made.id


def quotes(contractor, job, window):
    asked = dict(
        contractor=contractor,
        job=job,
        coverage_type=["general", "workers-comp"],
        effective_date=window[0],
        end_date=window[1],
    )
    refused(error.EffectiveDateInvalidError, ten99policy.Quotes.create, **dict(asked, effective_date=1))
    refused(error.InvalidContractorIdError, ten99policy.Quotes.create, **dict(asked, contractor="cn_nobody"))
    made = ten99policy.Quotes.create(**asked)
    changed = ten99policy.Quotes.modify(made.id, end_date=window[1] + DAY)
    assert changed.end_date == window[1] + DAY, changed
    assert ten99policy.Quotes.retrieve(made.id).end_date == window[1] + DAY
    assert made.id in ids(ten99policy.Quotes.list())
    step("quotes")
    return changed.id


def sessions(quote):
    made = ten99policy.InsuranceApplicationSessions.create(
        quote=quote,
        success_url="https://ops.example.test/p/1?coverage=active",
        cancel_url="https://ops.example.test/p/1?coverage=canceled",
    )
    assert made.url and not made.get("expired"), made
    changed = ten99policy.InsuranceApplicationSessions.modify(
        made.id, success_url="https://ops.example.test/p/2?coverage=active"
    )
    assert changed.id == made.id
    assert ten99policy.InsuranceApplicationSessions.retrieve(made.id).quote == quote
    assert made.id in ids(ten99policy.InsuranceApplicationSessions.list())
    advance(4 * 3600)
    refused(
        error.ApplicationAlreadyCompleteError,
        ten99policy.InsuranceApplicationSessions.create,
        quote=quote,
        success_url="https://ops.example.test/p/1",
        cancel_url="https://ops.example.test/p/1",
    )
    step("application sessions")


def policies(contractor, quote):
    found = ten99policy.Policies.list(quote=quote)
    assert len(found) == 1 and found[0].is_active is True, found
    policy = found[0].id
    assert ids(ten99policy.ContractorPolicies.list(contractor)) == [policy]
    assert ten99policy.Policies.retrieve(policy).quote == quote
    assert ten99policy.Policies.modify(policy, is_active=False).is_active is False
    assert ten99policy.Policies.modify(policy, is_active=True).is_active is True
    refused(error.InvalidPolicyIdError, ten99policy.Policies.retrieve, "pl_nobody")
    step("policies, contractor policies")
    return policy


def assignments(contractor, job, window):
    made = ten99policy.Assignments.create(
        contractor=contractor,
        job=job,
        effective_date=window[0] + DAY,
        end_date=window[1] - DAY,
        coverage_type=["general", "workers-comp"],
    )
    assert made.id and made.eligible["result"] is True, made
    assert ten99policy.Assignments.retrieve(made.id).job == job
    assert made.id in ids(ten99policy.Assignments.list())
    later = window[0] + 2 * DAY
    assert ten99policy.Assignments.modify(made.id, effective_date=later).effective_date == later
    refused(error.BadRequestError, ten99policy.Assignments.modify, made.id, end_date=window[1])
    ten99policy.Assignments._cls_delete(made.id)
    refused(error.InvalidAssignmentIdError, ten99policy.Assignments.retrieve, made.id)
    step("assignments")


def invoices(contractor, job, window):
    made = ten99policy.Invoices.create(
        contractor=contractor,
        job=job,
        gross_pay=380_000,
        paycycle_startdate=window[0],
        paycycle_enddate=window[0] + 6 * DAY,
    )
    assert made.gross_pay == 380_000, made
    assert made.id in ids(ten99policy.Invoices.list())
    changed = ten99policy.Invoices.modify(made.id, gross_pay=390_000)
    kept = ten99policy.Invoices.retrieve(changed.id)
    assert kept.gross_pay == 390_000, kept
    ten99policy.Invoices._cls_delete(changed.id)
    refused(error.InvalidInvoiceIdError, ten99policy.Invoices.retrieve, changed.id)
    step("invoices")


def events():
    listed = ten99policy.Events.list(limit=100)
    kinds = {event["type"] for event in listed}
    assert {"application.started", "application.complete", "policy.active"} <= kinds, kinds
    one = ten99policy.Events.retrieve(listed[0]["id"])
    assert one["type"] == listed[0]["type"]
    refused(error.InvalidEventIdError, ten99policy.Events.retrieve, "ev_nobody")
    step("events")


def webhooks():
    made = ten99policy.Webhooks.create(url="https://ops.example.test/hooks", description="sdk", events=["*"])
    assert made.secret, made
    changed = ten99policy.Webhooks.modify(made.id, description="changed")
    assert changed.description == "changed"
    assert ten99policy.Webhooks.retrieve(made.id).url == "https://ops.example.test/hooks"
    assert made.id in ids(ten99policy.Webhooks.list())
    ten99policy.Webhooks._cls_delete(made.id)
    refused(error.InvalidWebhookEndpointIdError, ten99policy.Webhooks.retrieve, made.id)
    step("webhooks")


def errors():
    refused(error.InvalidApiKeyError, ten99policy.Entities.list, api_key="t9k_test_nobody")
    control("POST", "/faults", {"method": "GET", "path": "/jobs", "kind": "rate_limited", "retry_after_secs": 1})
    refused(error.RateLimitError, ten99policy.Jobs.list)
    control("POST", "/faults", {"method": "GET", "path": "/jobs", "kind": "bad_gateway"})
    try:
        ten99policy.Jobs.list()
        raise AssertionError("a gateway's page is no list")
    except error.APIError as failed:
        assert failed.http_status == 502, failed
    step("errors")


def retries(entity):
    """The SDK's own retries: a lost answer and a failure, each retried under the same key."""
    ten99policy.max_network_retries = 2
    try:
        before = len(ten99policy.Entities.list(limit=100))
        control("POST", "/faults", {"method": "POST", "path": "/entities", "kind": "lost_response"})
        made = ten99policy.Entities.create(idempotency_key="sdk-lost", name="Lost answer")
        assert made.id
        assert len(ten99policy.Entities.list(limit=100)) == before + 1, "made once"
        control("POST", "/faults", {"method": "GET", "path": "/entities", "kind": "error_before"})
        assert ten99policy.Entities.retrieve(entity).id == entity
    finally:
        ten99policy.max_network_retries = 0
    step("retries")


def farewell(contractor):
    ten99policy.Contractors._cls_delete(contractor)
    refused(error.InvalidContractorIdError, ten99policy.Contractors.retrieve, contractor)
    step("contractors: delete")


def main():
    now_secs = control("GET", "/clock")["now"]
    window = (now_secs + 14 * DAY, now_secs + 104 * DAY)
    entity = entities()
    contractor = contractors()
    pages()
    category = categories()
    job = jobs(entity, category)
    quote = quotes(contractor, job, window)
    sessions(quote)
    policies(contractor, quote)
    assignments(contractor, job, window)
    invoices(contractor, job, window)
    events()
    webhooks()
    errors()
    retries(entity)
    farewell(contractor)
    counted = ledger()
    assert counted["contractors_by_candidate"] == {"sdk-1": 1}, counted
    print("%d resources and habits of the SDK, all as expected" % len(done))


main()
