"""How the SDK retries, and what it makes of lists: against faults, without waiting (its waits are counted, not slept)."""

import ten99policy as sdk
from ten99policy import error, http_client

from simulator import fault, ids, ledger, refused, requests

waits = []


class Clock:
    """The time as the SDK's HTTP client sees it: nothing is waited for."""

    sleep = staticmethod(waits.append)
    time = staticmethod(http_client.time.time)


http_client.time = Clock


def retrying(times):
    """From here on the SDK retries so often; what it waited is empty."""
    sdk.max_network_retries = times
    del waits[:]


def attempts(method, path, since):
    return requests(method, path)[since:]


def retries_are_off_by_default(world):
    assert sdk.max_network_retries == 0
    before = len(requests("GET", "/entities"))
    fault("GET", "/entities", "bad_gateway")
    refused(error.APIError, sdk.Entities.list)
    assert len(attempts("GET", "/entities", before)) == 1 and waits == []


def a_lost_answer_is_asked_for_under_the_same_keys(world):
    retrying(2)
    for kind in ("lost_request", "lost_response", "in_flight", "bad_gateway", "bad_gateway_after", "error_after"):
        before, made_before = len(requests("POST", "/entities")), len(sdk.Entities.list(limit=100))
        fault("POST", "/entities", kind)
        if kind == "error_after":
            # Stored under its key: asked again, the 500 comes again. The entity is there, and the SDK cannot know.
            refused(error.Ten99PolicyError, sdk.Entities.create, idempotency_key="sdk-" + kind, name=kind)
        else:
            assert sdk.Entities.create(idempotency_key="sdk-" + kind, name=kind).id
        tried = attempts("POST", "/entities", before)
        assert len(tried) == (3 if kind == "error_after" else 2), (kind, tried)
        for name, values in (
            ("ten99policy-idempotent-key", {one["headers"]["ten99policy-idempotent-key"] for one in tried}),
            ("idempotency-key", {one["headers"]["idempotency-key"] for one in tried}),
        ):
            assert len(values) == 1, (kind, name, values)
        assert len(sdk.Entities.list(limit=100)) == made_before + 1, "%s: made once" % kind


def without_a_key_of_ones_own_the_random_one_protects_too(world):
    retrying(1)
    made_before, replays = len(sdk.Entities.list(limit=100)), ledger()["replays"]
    fault("POST", "/entities", "lost_response")
    sdk.Entities.create(name="No key given")
    assert len(sdk.Entities.list(limit=100)) == made_before + 1
    assert ledger()["replays"] == replays + 1
    seen = requests("POST", "/entities")[-1]["headers"]
    assert "ten99policy-idempotent-key" not in seen and len(seen["idempotency-key"]) == 36


def busy_is_retried_only_where_the_service_says_so(world):
    retrying(2)
    before = len(requests("GET", "/jobs"))
    fault("GET", "/jobs", "rate_limited", retry_after_secs=7)
    refused(error.RateLimitError, sdk.Jobs.list)
    assert len(attempts("GET", "/jobs", before)) == 1 and waits == []
    fault("GET", "/jobs", "rate_limited", retry_after_secs=7)
    fault("GET", "/jobs", "should_retry", retry=True)
    assert sdk.Jobs.list()
    assert waits == [7], waits
    # More than a minute is not waited for.
    retrying(1)
    fault("GET", "/jobs", "rate_limited", retry_after_secs=61)
    fault("GET", "/jobs", "should_retry", retry=True)
    assert sdk.Jobs.list()
    assert waits == [0.5], waits


def the_services_no_is_final(world):
    retrying(2)
    before = len(requests("GET", "/jobs"))
    fault("GET", "/jobs", "error_before")
    fault("GET", "/jobs", "should_retry", retry=False)
    refused(error.Ten99PolicyError, sdk.Jobs.list)
    assert len(attempts("GET", "/jobs", before)) == 1 and waits == []


def waits_grow_to_two_seconds(world):
    retrying(5)
    fault("GET", "/jobs", "bad_gateway", count=5)
    assert sdk.Jobs.list()
    assert len(waits) == 5, waits
    for number, wait in enumerate(waits):
        longest = min(0.5 * 2**number, 2)
        assert max(0.5, longest / 2) <= wait <= longest, waits


def a_refusal_is_not_retried(world):
    retrying(3)
    before = len(requests("GET", "/jobs/jb_nobody"))
    refused(error.InvalidJobIdError, sdk.Jobs.retrieve, "jb_nobody")
    assert len(attempts("GET", "/jobs/jb_nobody", before)) == 1 and waits == []


def a_slow_answer_is_waited_for_and_then_given_up(world):
    retrying(1)
    fault("GET", "/jobs", "slow_body", millis=5)
    assert sdk.Jobs.list() and waits == []
    usual, sdk.default_http_client = sdk.default_http_client, http_client.RequestsClient(timeout=1)
    try:
        fault("GET", "/jobs", "slow_body", millis=3_600_000)
        assert sdk.Jobs.list(), "the second answer is in time"
    finally:
        sdk.default_http_client = usual
    assert waits == [0.5], waits


def half_an_answer_is_not_retried(world):
    retrying(2)
    for kind, refusal in (("truncated_json", error.APIError), ("broken_off", error.APIConnectionError)):
        before = len(requests("GET", "/jobs"))
        fault("GET", "/jobs", kind)
        refused(refusal, sdk.Jobs.list)
        assert len(attempts("GET", "/jobs", before)) == 1, kind


def lists_are_pages_newest_first(world):
    retrying(0)
    every = ids(sdk.Entities.list(limit=100))
    assert len(every) >= 6 and len(sdk.Entities.list()) == min(10, len(every)), "ten, unless told otherwise"
    seen, after = [], None
    while True:
        page = ids(sdk.Entities.list(**({"limit": 2} if after is None else {"limit": 2, "starting_after": after})))
        if not page:
            break
        seen += page
        after = page[-1]
    assert seen == every
    assert ids(sdk.Entities.list(limit=2, ending_before=every[4])) == every[2:4]
    refused(error.InvalidInputError, sdk.Entities.list, limit=101)
    refused(error.InvalidInputError, sdk.Entities.list, starting_after="en_nobody")
    assert sdk.Contractors.list(email="nobody@example.test") == []


def lists_in_an_envelope_are_list_objects(world):
    fault("GET", "/entities", "list_envelope")
    listed = sdk.Entities.list(limit=2)
    assert type(listed).__name__ == "ListObject" and len(listed) == 2 and listed.has_more is False
    assert ids(listed) == ids(listed.data) == [one["id"] for one in reversed(list(reversed(listed)))]
    assert listed.next_page().is_empty and listed.previous_page().is_empty
    assert listed.retrieve(listed.data[0].id).id == listed.data[0].id
    made = listed.create(name="Made by a list")
    fault("GET", "/entities", "list_envelope")
    assert ids(listed.list(limit=1)) == [made.id], "a list asks for itself, and needs its envelope for it"
    fault("GET", "/entities", "list_envelope")
    assert len(list(sdk.Entities.auto_paging_iter(limit=2))) == 2, "it believes the envelope"


def odd_spellings_are_passed_on(world):
    job = sdk.Jobs.list(limit=1)[0]
    fault("GET", "/jobs", "string_timestamps")
    assert sdk.Jobs.retrieve(job.id).created == str(job.created)
    fault("GET", "/contractors", "number_postalcodes")
    assert sdk.Contractors.retrieve(world.jordan).address.postalcode == 94607


ALL = [
    retries_are_off_by_default,
    a_lost_answer_is_asked_for_under_the_same_keys,
    without_a_key_of_ones_own_the_random_one_protects_too,
    busy_is_retried_only_where_the_service_says_so,
    the_services_no_is_final,
    waits_grow_to_two_seconds,
    a_refusal_is_not_retried,
    a_slow_answer_is_waited_for_and_then_given_up,
    half_an_answer_is_not_retried,
    lists_are_pages_newest_first,
    lists_in_an_envelope_are_list_objects,
    odd_spellings_are_passed_on,
]
