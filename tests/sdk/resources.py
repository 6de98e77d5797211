"""Every resource that the SDK has, from create to delete: the class methods, and what an object can do by itself."""

import ten99policy as sdk
from ten99policy import error

from simulator import DAY, advance, answered, control, fault, ids, now, requests

HOME = {"country": "US", "line1": "1 Elm St", "locality": "Oakland", "region": "CA", "postalcode": "94607"}
LINKS = dict(success_url="https://ops.example.test/p/1?coverage=active", cancel_url="https://ops.example.test/p/1?coverage=canceled")


class World:
    """What later steps stand on."""

    def __init__(self):
        self.window = (now() + 14 * DAY, now() + 104 * DAY)
        self.people = 0

    def contractor(self):
        self.people += 1
        return sdk.Contractors.create(
            first_name="Jordan",
            last_name="Lee",
            email="sdk.%d@relay.example.test" % self.people,
            phone="510-555-0142",
            address=HOME,
            custom_metadata={"jobdiva_candidate_id": "sdk-%d" % self.people},
        ).id

    def make_job(self, name, **other):
        asked = dict(
            name=name,
            description="Reporting migration",
            duration_hours=40,
            wage=9500,
            years_experience=5,
            wage_type="hourly",
            entity=self.entity,
            category_code=self.category,
            address={"country": "US", "region": "CA"},
            custom_metadata={"jobdiva_placement_id": name},
        )
        asked.update(other)
        return sdk.Jobs.create(**{name: value for name, value in asked.items() if value is not None})

    def asked(self, contractor, job, **other):
        window = dict(effective_date=self.window[0], end_date=self.window[1])
        asked = dict(window, contractor=contractor, job=job, coverage_type=["general", "workers-comp"])
        return dict(asked, **other)


def last_sent(path):
    """The names of what the newest PUT below a path said."""
    return requests("PUT", path)[-1]["fields"]


def entities(world):
    made = sdk.Entities.create(
        name="Halvorsen Analytics",
        coverage_limit={"aggregate_limit": "200000000", "occurrence_limit": "100000000"},
        address=HOME,
        required_coverage=["general", "workers-comp"],
    )
    assert made.id.startswith("en_"), made
    assert sdk.Entities.modify(made.id, name="Halvorsen Data").name == "Halvorsen Data"
    found = sdk.Entities.retrieve(made.id)
    assert (found.name, found.address.region) == ("Halvorsen Data", "CA")
    found.name = "Halvorsen"
    found.save()
    assert last_sent("/entities") == ["name"] and found.name == "Halvorsen"
    assert made.id in ids(sdk.Entities.list())
    spare = sdk.Entities.create(name="Nobody")
    gone = sdk.Entities.delete(spare.id)
    assert (gone.id, gone.deleted, gone.object) == (spare.id, True, "entity")
    answered(error.InvalidEntityIdError, 404, sdk.Entities.retrieve, spare.id)
    other = sdk.Entities.retrieve(sdk.Entities.create(name="Nobody either").id)
    assert other.delete().deleted is True
    world.entity = made.id


def contractors(world):
    asked = dict(
        first_name="Jordan",
        last_name="Lee",
        email="sdk.jordan@relay.example.test",
        phone="510-555-0142",
        address=HOME,
        custom_metadata={"jobdiva_candidate_id": "sdk-jordan", "team": "blue"},
    )
    made = sdk.Contractors.create(idempotency_key="sdk-contractor-1", **asked)
    again = sdk.Contractors.create(idempotency_key="sdk-contractor-1", **asked)
    assert again.id == made.id, "the same key, the same contractor"
    assert made.last_response.idempotency_key == "sdk-contractor-1"
    assert made.last_response.request_id != again.last_response.request_id
    answered(error.DuplicateEmailError, 400, sdk.Contractors.create, **asked)
    assert ids(sdk.Contractors.list(email=asked["email"])) == [made.id]
    assert sdk.Contractors.list(email=asked["email"].upper()) == [], "to the letter"
    assert sdk.Contractors.modify(made.id, last_name="Leigh").last_name == "Leigh"
    spare = sdk.Contractors.retrieve(world.contractor())
    assert spare.delete().deleted is True
    world.jordan = made.id


def saving(world):
    """An object sends what was changed, and nothing else."""
    found = sdk.Contractors.retrieve(world.jordan)
    before = len(requests("PUT", "/contractors"))
    found.save()
    assert len(requests("PUT", "/contractors")) == before, "nothing changed, nothing sent"
    found.phone = "510-555-0199"
    found.save(idempotency_key="sdk-contractor-save")
    saved = requests("PUT", "/contractors")[-1]
    assert saved["fields"] == ["phone"], saved
    assert saved["headers"]["ten99policy-idempotent-key"] == "sdk-contractor-save"
    assert saved["headers"]["idempotency-key"] != "sdk-contractor-save", "its own, made at random"
    found.custom_metadata.shift = "night"
    found.save()
    assert last_sent("/contractors") == ["custom_metadata.shift"]
    assert found.custom_metadata == {"jobdiva_candidate_id": "sdk-jordan", "team": "blue", "shift": "night"}
    # A key that is left out of a new whole is unset with an empty value, as the reference has it.
    found.custom_metadata = {"jobdiva_candidate_id": "sdk-jordan"}
    found.save()
    unset = ["jobdiva_candidate_id", "shift", "team"]
    assert last_sent("/contractors") == ["custom_metadata." + key for key in unset]
    fresh = sdk.Contractors.retrieve(world.jordan)
    assert fresh.custom_metadata == {"jobdiva_candidate_id": "sdk-jordan"} and fresh.phone == "510-555-0199"
    stale = sdk.Contractors.retrieve(world.jordan)
    sdk.Contractors.modify(world.jordan, phone="510-555-0142")
    assert stale.phone == "510-555-0199" and stale.refresh().phone == "510-555-0142"
    try:
        stale.phone = ""
    except ValueError:
        pass
    else:
        raise AssertionError("an empty text is no value")


def categories(world):
    codes = [item["category_code"] for item in sdk.JobCategories.list()]
    assert codes and all(code.startswith("jc_") for code in codes), codes
    world.category = "jc_DataAnalyst"
    assert world.category in codes


def jobs(world):
    made = world.make_job("sdk-placement-1")
    assert made.id.startswith("jb_") and made.entity == world.entity, made
    assert sdk.Jobs.modify(made.id, wage=9600).wage == 9600
    found = sdk.Jobs.retrieve(made.id)
    assert found.custom_metadata["jobdiva_placement_id"] == "sdk-placement-1"
    found.wage = 9700
    found.save()
    assert last_sent("/jobs") == ["wage"]
    assert made.id in ids(sdk.Jobs.list())
    spare = world.make_job("sdk-spare")
    sdk.Jobs.delete(spare.id)
    answered(error.InvalidJobIdError, 404, sdk.Jobs.retrieve, spare.id)
    sdk.Jobs.retrieve(world.make_job("sdk-spare-2").id).delete()
    world.job = made.id


def quotes(world):
    made = sdk.Quotes.create(**world.asked(world.jordan, world.job))
    assert made.eligible is True and made.net_rate == made.gl_net_rate + made.wc_net_rate
    later = world.window[1] + DAY
    assert sdk.Quotes.modify(made.id, end_date=later).end_date == later
    found = sdk.Quotes.retrieve(made.id)
    assert found.end_date == later
    found.end_date = world.window[1]
    found.save()
    assert last_sent("/quotes") == ["end_date"]
    assert made.id in ids(sdk.Quotes.list())
    # `str(dict)` in a JSON string, as the service is known to answer: the SDK reads it all the same.
    fault("GET", "/quotes", "quote_json_repr")
    told = sdk.Quotes.list()[0].quote_json
    assert told["gl"]["stamping_fee"] is None and told["wc"]["net_rate"] == found.wc_net_rate, told
    world.quote = made.id


def sessions(world):
    sessions = sdk.InsuranceApplicationSessions
    made = sessions.create(quote=world.quote, **LINKS)
    assert made.url and made.step == "verify_info" and made.expired is False, made
    other = "https://ops.example.test/p/2?coverage=active"
    assert sessions.modify(made.id, success_url=other).success_url == other
    found = sessions.retrieve(made.id)
    assert found.quote == world.quote
    found.cancel_url = other
    found.save()
    assert last_sent("/apply/sessions") == ["cancel_url"]
    assert made.id in ids(sessions.list())
    advance(4 * 3600)
    assert sessions.retrieve(made.id).step == "application_complete"


def policies(world):
    found = sdk.Policies.list(quote=world.quote)
    assert len(found) == 1 and found[0].is_active is True, found
    policy = found[0].id
    assert ids(sdk.ContractorPolicies.list(world.jordan)) == [policy]
    one = sdk.Policies.retrieve(policy)
    assert one.quote == world.quote and one.certificates.gl_coi_pdf_url.endswith(".pdf")
    assert sdk.Policies.modify(policy, is_active=False).status == "cancelled"
    one.refresh().is_active = True
    one.save()
    assert last_sent("/policies") == ["is_active"] and one.status == "active"
    # Issued by hand: documented, though the service issues them itself.
    for delete in (sdk.Policies.delete, lambda policy: sdk.Policies.retrieve(policy).delete()):
        contractor = world.contractor()
        quote = sdk.Quotes.create(**world.asked(contractor, world.job)).id
        made = sdk.Policies.create(quote=quote)
        answered(error.PolicyAlreadyExistsError, 400, sdk.Policies.create, quote=quote)
        delete(made.id)
        assert sdk.Policies.retrieve(made.id).status == "cancelled", "it stays readable"
    world.policy = policy


def assignments(world):
    job = world.make_job("sdk-placement-2").id
    later = world.window[0] + DAY
    asked = world.asked(world.jordan, job, effective_date=later)
    made = sdk.Assignments.create(**asked)
    assert made.eligible["result"] is True and made.policy == world.policy, made
    assert made.certificates.gl_coi_pdf_url is None, "not covered before it is charged"
    assert made.id in ids(sdk.Assignments.list())
    assert sdk.Assignments.modify(made.id, effective_date=later + DAY).effective_date == later + DAY
    found = sdk.Assignments.retrieve(made.id)
    found.effective_date = later
    found.save()
    assert last_sent("/assignments") == ["effective_date"]
    sdk.Assignments.delete(made.id)
    answered(error.InvalidAssignmentIdError, 404, sdk.Assignments.retrieve, made.id)
    kept = sdk.Assignments.retrieve(sdk.Assignments.create(**asked).id)
    kept.delete()
    bound = sdk.Assignments.create(**asked)
    advance(DAY)
    charged = sdk.Assignments.retrieve(bound.id)
    assert charged.certificates.gl_coi_pdf_url.endswith(".pdf"), charged
    world.assigned, world.assignment = job, bound.id


def invoices(world):
    asked = dict(
        contractor=world.jordan,
        job=world.assigned,
        gross_pay=380_000,
        paycycle_startdate=world.window[0],
        paycycle_enddate=world.window[0] + 6 * DAY,
    )
    made = sdk.Invoices.create(**asked)
    assert made.gross_pay == 380_000 and made.premium_due > 100, made
    assert made.id in ids(sdk.Invoices.list(contractor=world.jordan))
    changed = sdk.Invoices.modify(made.id, gross_pay=390_000)
    assert changed.id != made.id, "another sum, another invoice"
    answered(error.InvalidInvoiceIdError, 404, sdk.Invoices.retrieve, made.id)
    kept = sdk.Invoices.retrieve(changed.id)
    kept.purchase_order_number = "PO-1"
    kept.save()
    assert last_sent("/invoices") == ["purchase_order_number"]
    assert (kept.id, kept.purchase_order_number) == (changed.id, "PO-1")
    sdk.Invoices.delete(changed.id)
    sdk.Invoices.retrieve(sdk.Invoices.create(**asked).id).delete()
    world.invoiced = asked


def events(world):
    listed = sdk.Events.list(limit=100)
    kinds = {event["type"] for event in listed}
    expected = {"application.started", "application.complete", "policy.active", "policy.cancelled", "policy.reactivated"}
    assert expected | {"assignment.active", "invoice.charge_card_succeeded"} <= kinds, kinds
    one = sdk.Events.retrieve(listed[0]["id"])
    assert one["type"] == listed[0]["type"] and one.data == listed[0].data
    answered(error.InvalidEventIdError, 404, sdk.Events.retrieve, "ev_nobody")


def webhooks(world):
    url = "https://ops.example.test/hooks"
    made = sdk.Webhooks.create(url=url, description="sdk", events=["*"])
    assert made.secret.startswith("whsec_"), made
    assert sdk.Webhooks.modify(made.id, description="changed").description == "changed"
    found = sdk.Webhooks.retrieve(made.id)
    assert (found.url, found.secret) == (url, made.secret)
    found.events = ["policy.active"]
    found.save()
    assert last_sent("/webhook_endpoints") == ["events"] and found.events == ["policy.active"]
    assert made.id in ids(sdk.Webhooks.list())
    sdk.Webhooks.delete(made.id)
    answered(error.InvalidWebhookEndpointIdError, 404, sdk.Webhooks.retrieve, made.id)
    sdk.Webhooks.retrieve(sdk.Webhooks.create(url=url).id).delete()


def farewell(world):
    """Deleting a contractor cancels what covers them."""
    sdk.Contractors.delete(world.jordan)
    answered(error.InvalidContractorIdError, 404, sdk.Contractors.retrieve, world.jordan)
    assert sdk.Policies.retrieve(world.policy).status == "cancelled"
    counted = control("GET", "/ledger")
    assert counted["contractors_by_candidate"]["sdk-jordan"] == 1, counted
