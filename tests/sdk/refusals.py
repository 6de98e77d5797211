"""Every class of error that the SDK knows, met.

Most come about by themselves, from what the simulator's rules refuse. What its rules have no occasion for (files, which the
SDK cannot send; leftovers of an older service) is refused on request, with the code that the class is named for.
"""

import ten99policy as sdk
from ten99policy import error

from simulator import DAY, answered, control, fault, ids, met, refused

# Nothing in the simulator's rules brings these about: the code, and its status.
ON_REQUEST = {
    "GeneralError": ("general", 500),
    "DatabaseOperationalError": ("database_operational", 503),
    "PermissionError": ("permission", 403),
    "AuthTokenExpiredError": ("auth_token_expired", 401),
    "InsufficientPermissionsError": ("insufficient_permissions", 403),
    "NoTenantFoundError": ("no_tenant_found", 403),
    "InvalidWebhookSignatureError": ("invalid_webhook_signature", 400),
    "SessionExpiredError": ("session_expired", 400),
    "MissingCertificateError": ("missing_certificate", 400),
    "MissingCertificatesError": ("missing_certificates", 400),
    "MissingContractorIdError": ("missing_contractor_id", 400),
    "InvalidFileTypeError": ("invalid_file_type", 400),
    "InvalidMimeTypeError": ("invalid_mime_type", 400),
    "InvalidFileSizeError": ("invalid_file_size", 400),
    "NoInsuranceRequirementFoundError": ("no_insurance_requirement_found", 400),
    "CustomApplicationsDisabledError": ("custom_applications_disabled", 403),
    "AgencyPayInvoiceExistsError": ("agency_pay_invoice_exists", 400),
}

# Bases of others, which no answer becomes.
BASES = {"Ten99PolicyErrorWithParamCode"}


def of_input(world):
    create = sdk.Contractors.create
    refusal = answered(error.InvalidInputError, 400, create, email="nobody", first_name="Jordan")
    assert refusal.json_body["message"]["last_name"], "a list of problems by field ..."
    assert "last_name: " in refusal.message and "email: " in refusal.message, "... made one text by the SDK"
    asked = world.asked(world.jordan, world.job)
    quote = sdk.Quotes.create
    answered(error.EffectiveDateInvalidError, 400, quote, **dict(asked, effective_date=1))
    answered(error.EndDateInvalidError, 400, quote, **dict(asked, end_date=asked["effective_date"]))
    answered(error.InvalidContractorIdError, 400, quote, **dict(asked, contractor="cn_nobody"))
    answered(error.InvalidJobIdError, 400, quote, **dict(asked, job="jb_nobody"))
    answered(error.MissingJobCategoryCodeError, 400, world.make_job, "x", category_code=None)
    answered(error.InvalidJobCategoryCodeError, 400, world.make_job, "x", category_code="DATA_ANALYTICS")
    control("POST", "/categories", {"category_code": "jc_Waiting", "name": "Waiting", "approved": False})
    answered(error.JobCategoryNotApprovedError, 400, world.make_job, "x", category_code="jc_Waiting")
    answered(error.InvalidEntityIdError, 400, world.make_job, "x", entity="en_nobody")
    bill = world.invoiced
    answered(error.InvalidPaycycleStartdateError, 400, sdk.Invoices.create, **dict(bill, paycycle_startdate=-1))
    answered(error.InvalidPaycycleEnddateError, 400, sdk.Invoices.create, **dict(bill, paycycle_enddate=DAY))


def of_what_is_so_already(world):
    answered(error.ContractorHasMatchingPolicyError, 400, sdk.Quotes.create, **world.asked(world.jordan, world.job))
    answered(error.CantUpdateCreateNewQuoteError, 400, sdk.Quotes.modify, world.quote, end_date=world.window[1] + DAY)
    links = dict(success_url="https://ops.example.test/y", cancel_url="https://ops.example.test/n")
    sessions = sdk.InsuranceApplicationSessions
    answered(error.ApplicationAlreadyCompleteError, 400, sessions.create, quote=world.quote, **links)
    answered(error.InvalidQuoteIdError, 404, sdk.Quotes.retrieve, "qt_nobody")
    answered(error.InvalidSessionIdError, 404, sessions.retrieve, "ias_nobody")
    answered(error.InvalidPolicyIdError, 404, sdk.Policies.retrieve, "pl_nobody")
    bound = sdk.Assignments.create(**world.asked(world.jordan, world.make_job("sdk-placement-3").id))
    refusal = answered(error.BadRequestError, 400, sdk.Assignments.modify, bound.id, end_date=world.window[1] + DAY)
    assert "extend" in refusal.message, refusal
    answered(error.JobIsUsedError, 400, sdk.Jobs.delete, world.job)
    stranger = world.contractor()
    answered(error.NoActivePolicyError, 400, sdk.Invoices.create, **dict(world.invoiced, contractor=stranger))
    made = sdk.Invoices.create(**world.invoiced)
    answered(error.InvoiceExistsError, 400, sdk.Jobs.modify, world.assigned, wage=9999)
    control("POST", "/invoices/%s/pay" % made.id)
    answered(error.InvoiceAlreadyPaidError, 400, sdk.Invoices.delete, made.id)
    answered(error.InvoiceUneditableAlreadyExistsError, 400, sdk.Invoices.create, **world.invoiced)
    blocked = world.contractor()
    control("POST", "/behaviours", {"who": "sdk-%d" % world.people, "blocked": True})
    answered(error.ContractorBlockedForWritesError, 400, sdk.Contractors.modify, blocked, phone="1")


def of_the_connection(world):
    answered(error.InvalidApiKeyError, 401, sdk.Entities.list, api_key="t9k_test_nobody")
    # The two paths that the SDK makes up: these have a list only.
    answered(error.ResourceNotFoundError, 404, sdk.JobCategories.retrieve, "jc_DataAnalyst")
    answered(error.ResourceNotFoundError, 404, sdk.ContractorPolicies.retrieve, world.policy)
    fault("GET", "/jobs", "rate_limited", retry_after_secs=1)
    limited = answered(error.RateLimitError, 429, sdk.Jobs.list)
    assert limited.headers["retry-after"] == "1"
    fault("POST", "/entities", "in_flight")
    answered(error.IdempotencyError, 409, sdk.Entities.create, name="Twice at once")
    fault("GET", "/jobs", "bad_gateway")
    page = refused(error.APIError, sdk.Jobs.list)
    assert page.http_status == 502 and "html" in page.http_body
    fault("GET", "/jobs", "truncated_json")
    assert "Invalid response body" in refused(error.APIError, sdk.Jobs.list).message
    fault("GET", "/jobs", "lost_request")
    assert refused(error.APIConnectionError, sdk.Jobs.list).should_retry is True
    # The service's own word for "something went wrong" has no class of its own.
    fault("GET", "/jobs", "error_before")
    answered(error.Ten99PolicyError, 500, sdk.Jobs.list)
    key, sdk.api_key = sdk.api_key, None
    try:
        refused(error.AuthenticationError, sdk.Jobs.list, how="without asking: no key is set")
    finally:
        sdk.api_key = key
    refused(error.InvalidRequestError, sdk.Jobs.retrieve, None, how="without asking: no id is given")


def on_request(world):
    for name, (code, status) in ON_REQUEST.items():
        fault("GET", "/jobs", "refused", code=code)
        answered(getattr(error, name), status, sdk.Jobs.list, how="on request: `%s`" % code)
    assert sdk.Jobs.list(limit=1), "and then all is well again"


def unmet():
    """The classes that nothing became."""
    kinds = {
        name
        for name, kind in vars(error).items()
        if isinstance(kind, type) and issubclass(kind, error.Ten99PolicyError)
    }
    assert BASES <= kinds and set(met) <= kinds
    return kinds - BASES - set(met)


def environments(world):
    """What is in the sandbox is not in production."""
    assert ids(sdk.Jobs.list(limit=1))
    assert sdk.Jobs.list(ten99policy_environment="production") == []
    refused(error.BadRequestError, sdk.Jobs.list, ten99policy_environment="staging")
