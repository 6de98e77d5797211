//! The desk at which a [`Mutation`] is carried out: finds the records, changes them, tells the webhooks.

use jiff::civil::Date;
use workflow_core::time::Timestamp;

use super::super::behaviour::Behaviour;
use super::super::encoding::base64;
use super::super::state::{
    Activity, Attachment, Billing, Candidate, Closing, Decision, Merge, Onboarding, Salary, State,
    Termination, Timesheet,
};
use super::super::webhooks::{Operation, RecordType};
use super::{Arrival, Changed, Hired, Mutation, MutationError, NewCandidate, NewHire, later};

mod office;

type Result<T> = std::result::Result<T, MutationError>;

/// Makes a change at the present moment.
pub(in super::super) fn apply(
    state: &mut State,
    behaviour: &Behaviour,
    mutation: Mutation,
    now: Timestamp,
) -> Result<Changed> {
    state.scan(behaviour, now);
    let mut desk = Desk { state, behaviour, now };
    let id = match mutation {
        Mutation::CreateHire(hire) => desk.hire(hire)?,
        Mutation::AddPayRecord { placement, amount, per, category } => {
            desk.add_pay(placement, amount, per, category)?
        }
        Mutation::ChangeRate { placement, amount, effective } => {
            desk.change_rate(placement, amount, effective)?
        }
        Mutation::MoveDates { placement, start, end } => desk.move_dates(placement, start, end)?,
        Mutation::End { placement, day } => desk.close(placement, day, None)?,
        Mutation::Terminate { placement, day, reason } => {
            desk.close(placement, day, Some(reason))?
        }
        Mutation::Cancel { placement } => desk.cancel(placement)?,
        Mutation::Delete { placement } => desk.delete(placement)?,
        Mutation::DeleteCandidate { candidate } => desk.delete_candidate(candidate)?,
        Mutation::Merge { old, new } => desk.merge(old, new)?,
        Mutation::DeleteJob { job } => desk.delete_job(job)?,
        Mutation::MergeJobs { old, new } => desk.merge_jobs(old, new)?,
        Mutation::AddInvoice { placement, from, to, hours, amount } => {
            desk.add_invoice(placement, from, to, hours, amount)?
        }
        Mutation::SetCategory { placement, category } => desk.set_category(placement, &category)?,
        Mutation::SetEmail { candidate, email } => desk.set_email(candidate, email)?,
        Mutation::Redact { candidate } => desk.redact(candidate)?,
        Mutation::AddAttachment { candidate, file_name, kind, content } => {
            desk.attach(candidate, file_name, kind, &content)?
        }
        Mutation::AddOnboardingDocument { placement, file_name, content } => {
            desk.onboard(placement, file_name, &content)?
        }
        Mutation::AddTimesheet { placement, week_ending, hours, decision } => {
            desk.add_timesheet(placement, week_ending, hours, decision)?
        }
        Mutation::CorrectTimesheet { timesheet, hours, overtime } => {
            desk.change_timesheet(timesheet, Operation::Update, |of, _| {
                (of.regular_hours, of.overtime_hours) = (hours, overtime);
            })?
        }
        Mutation::DecideTimesheet { timesheet, decision } => {
            desk.change_timesheet(timesheet, Operation::Update, |of, now| {
                (of.decision, of.decided) = (decision, now);
            })?
        }
        Mutation::DeleteTimesheet { timesheet } => {
            desk.change_timesheet(timesheet, Operation::Delete, |of, now| of.deleted = Some(now))?
        }
    };
    Ok(Changed { id })
}

struct Desk<'a> {
    state: &'a mut State,
    behaviour: &'a Behaviour,
    now: Timestamp,
}

impl Desk<'_> {
    fn placement(&mut self, id: u64) -> Result<&mut Activity> {
        let found = self.state.activities.get_mut(&id).filter(|of| of.deleted.is_none());
        found.ok_or(MutationError::UnknownPlacement(id))
    }

    fn candidate(&mut self, id: u64) -> Result<&mut Candidate> {
        if self.state.candidate(id).is_none() {
            return Err(MutationError::UnknownCandidate(id));
        }
        self.state.candidates.get_mut(&id).ok_or(MutationError::UnknownCandidate(id))
    }

    fn billing_of(&mut self, placement: u64) -> impl Iterator<Item = &mut Billing> {
        let all = self.state.billing.iter_mut();
        all.filter(move |of| of.activity == placement && !of.deleted)
    }

    fn salary_of(&mut self, placement: u64) -> impl Iterator<Item = &mut Salary> {
        let all = self.state.salary.iter_mut();
        all.filter(move |of| of.activity == placement && !of.deleted)
    }

    fn tell(&mut self, kind: RecordType, id: String, operation: Operation) {
        self.state.announce(self.behaviour, kind, id, operation, self.now);
    }

    fn tell_activity(&mut self, placement: u64, operation: Operation) {
        self.tell(RecordType::Activity, placement.to_string(), operation);
    }

    fn hire(&mut self, hire: NewHire) -> Result<u64> {
        let now = self.now;
        let Some(job) = self.state.job(hire.job).cloned() else {
            return Err(MutationError::UnknownJob(hire.job));
        };
        let candidate = match hire.who {
            Hired::Candidate(id) => self.candidate(id)?.id,
            Hired::New(new) => self.add_candidate(new),
        };
        let id = 51_900_000 + self.state.fresh_id();
        self.state.activities.insert(
            id,
            Activity {
                id,
                candidate,
                job: job.id,
                position_type: job.position_type,
                start: hire.start,
                end: hire.end,
                pay_rate: hire.pay_rate.clone(),
                pay_per: hire.pay_per.clone(),
                bill_rate: "130".into(),
                currency: job.currency.clone(),
                corp_to_corp: hire.category.as_deref() == Some("Subcontract"),
                created: now,
                hired: Some(now),
                cancelled: None,
                termination: None,
                touched: now,
                deleted: None,
            },
        );
        let arrival = Arrival::after(now, self.behaviour);
        let billing = Billing {
            employee: candidate,
            rec: self.state.next_billing_rec(candidate),
            activity: id,
            job: job.id,
            start: hire.start,
            end: hire.end,
            rate: "130".into(),
            per: "H".into(),
            currency: job.currency,
            location: "Onsite".into(),
            work_city: job.city,
            work_state: job.state,
            work_country: job.country,
            created: arrival.billing,
            approved: arrival.billing_approved,
            closing: None,
            touched: arrival.billing,
            deleted: false,
        };
        self.state.billing.push(billing);
        if let Some(category) = hire.category {
            let (created, approved) = (arrival.salary, arrival.salary_approved);
            self.push_pay(
                id,
                hire.pay_rate,
                hire.pay_per,
                category,
                hire.start,
                created,
                approved,
            )?;
        }
        self.tell_activity(id, Operation::Insert);
        Ok(id)
    }

    fn add_candidate(&mut self, new: NewCandidate) -> u64 {
        let id = 70_019_000_000 + self.state.fresh_id();
        let candidate = Candidate {
            id,
            first_name: new.first_name,
            last_name: new.last_name,
            email: new.email,
            phone: "555-555-0100".into(),
            city: "Springfield".into(),
            state: new.state,
            country: "US".into(),
            created: self.now,
            touched: self.now,
            deleted: None,
            merged: None,
        };
        self.state.candidates.insert(id, candidate);
        self.tell(RecordType::Candidate, id.to_string(), Operation::Insert);
        id
    }

    #[expect(clippy::too_many_arguments, reason = "each is one column of the record")]
    fn push_pay(
        &mut self,
        placement: u64,
        amount: String,
        per: String,
        category: String,
        effective: Date,
        created: Timestamp,
        approved: Timestamp,
    ) -> Result<u64> {
        let (employee, job) = {
            let of = self.placement(placement)?;
            (of.candidate, of.job)
        };
        let rec = self.state.next_salary_rec(employee);
        self.state.salary.push(Salary {
            employee,
            rec,
            activity: placement,
            job,
            effective,
            end: None,
            amount,
            per,
            payee_company: 0,
            w2: category.ends_with("Employee"),
            c2c: category == "Subcontract",
            category,
            created,
            approved,
            touched: created,
            deleted: false,
        });
        Ok(rec.into())
    }

    fn add_pay(
        &mut self,
        placement: u64,
        amount: String,
        per: String,
        category: String,
    ) -> Result<u64> {
        let (now, approved) = (self.now, later(self.now, self.behaviour.approval_delay_secs));
        let effective = self.placement(placement)?.start;
        let rec = self.push_pay(placement, amount, per, category, effective, now, approved)?;
        self.tell_pay(placement, rec, Operation::Insert)?;
        Ok(rec)
    }

    fn tell_pay(&mut self, placement: u64, rec: u64, operation: Operation) -> Result<()> {
        let employee = self.placement(placement)?.candidate;
        self.tell(RecordType::Salary, format!("{employee}/{rec}"), operation);
        Ok(())
    }

    fn change_rate(&mut self, placement: u64, amount: String, effective: Date) -> Result<u64> {
        self.placement(placement)?;
        if self.behaviour.rate_change_in_place {
            return self.overwrite_rate(placement, amount);
        }
        let newest = self.salary_of(placement).max_by_key(|of| of.rec).map(|of| of.clone());
        let old = newest.ok_or(MutationError::NoPayRecord(placement))?;
        let rec = self.state.next_salary_rec(old.employee);
        let new = Salary {
            rec,
            amount,
            effective,
            created: self.now,
            approved: later(self.now, self.behaviour.approval_delay_secs),
            touched: self.now,
            ..old
        };
        self.state.salary.push(new);
        self.tell_pay(placement, rec.into(), Operation::Insert)?;
        Ok(rec.into())
    }

    /// What a tenant without a history of rates does.
    fn overwrite_rate(&mut self, placement: u64, amount: String) -> Result<u64> {
        let now = self.now;
        let shown = self.salary_of(placement).filter(|of| of.created <= now);
        let newest = shown.max_by_key(|of| of.rec);
        let of = newest.ok_or(MutationError::NoPayRecord(placement))?;
        of.amount = amount;
        of.touched = of.touched.max(now);
        let rec = of.rec.into();
        self.tell_pay(placement, rec, Operation::Update)?;
        Ok(rec)
    }

    fn move_dates(&mut self, placement: u64, start: Date, end: Option<Date>) -> Result<u64> {
        let now = self.now;
        let of = self.placement(placement)?;
        (of.start, of.end, of.touched) = (start, end, now);
        for of in self.billing_of(placement) {
            (of.start, of.end) = (start, end);
            of.touched = of.touched.max(now);
        }
        self.tell_activity(placement, Operation::Update);
        self.tell_billing(placement);
        Ok(placement)
    }

    /// The placement's billing records that are there to be seen.
    fn tell_billing(&mut self, placement: u64) {
        let now = self.now;
        let shown = self.billing_of(placement).filter(|of| of.created <= now);
        let ids: Vec<_> = shown.map(|of| format!("{}/{}", of.employee, of.rec)).collect();
        for id in ids {
            self.tell(RecordType::Billing, id, Operation::Update);
        }
    }

    fn close(&mut self, placement: u64, day: Date, reason: Option<String>) -> Result<u64> {
        let now = self.now;
        let of = self.placement(placement)?;
        match reason {
            Some(reason) => of.termination = Some(Termination { day, reason, entered: now }),
            None => (of.end, of.touched) = (Some(day), now),
        }
        for of in self.billing_of(placement) {
            of.closing = Some(Closing { day, entered: now });
        }
        self.tell_activity(placement, Operation::Update);
        self.tell_billing(placement);
        Ok(placement)
    }

    fn cancel(&mut self, placement: u64) -> Result<u64> {
        self.placement(placement)?.cancelled = Some(self.now);
        self.tell_activity(placement, Operation::Update);
        Ok(placement)
    }

    fn delete(&mut self, placement: u64) -> Result<u64> {
        let now = self.now;
        self.placement(placement)?.deleted = Some(now);
        for of in self.billing_of(placement) {
            (of.deleted, of.touched) = (true, of.touched.max(now));
        }
        for of in self.salary_of(placement) {
            (of.deleted, of.touched) = (true, of.touched.max(now));
        }
        self.tell_activity(placement, Operation::Delete);
        Ok(placement)
    }

    fn delete_candidate(&mut self, id: u64) -> Result<u64> {
        self.candidate(id)?.deleted = Some(self.now);
        self.tell(RecordType::Candidate, id.to_string(), Operation::Delete);
        Ok(id)
    }

    fn merge(&mut self, old: u64, new: u64) -> Result<u64> {
        let now = self.now;
        self.candidate(new)?;
        if old == new {
            return Err(MutationError::UnknownCandidate(old));
        }
        self.candidate(old)?.merged = Some(Merge { into: new, at: now });
        let mut moved = Vec::new();
        for of in self.state.activities.values_mut().filter(|of| of.candidate == old) {
            (of.candidate, of.touched) = (new, now);
            moved.push(of.id);
        }
        self.merge_records(old, new);
        for of in self.state.timesheets.iter_mut().filter(|of| of.employee == old) {
            of.employee = new;
        }
        for of in self.state.onboarding.iter_mut().filter(|of| of.candidate == old) {
            of.candidate = new;
        }
        for of in self.state.attachments.iter_mut().filter(|of| of.candidate == old) {
            of.candidate = new;
        }
        for placement in moved {
            self.tell_activity(placement, Operation::Update);
        }
        self.tell(RecordType::Candidate, old.to_string(), Operation::Delete);
        Ok(new)
    }

    /// Record ids are unique per employee only, so they are given anew.
    fn merge_records(&mut self, old: u64, new: u64) {
        for at in 0..self.state.billing.len() {
            if self.state.billing[at].employee == old {
                let rec = self.state.next_billing_rec(new);
                let of = &mut self.state.billing[at];
                (of.employee, of.rec, of.touched) = (new, rec, of.touched.max(self.now));
            }
        }
        for at in 0..self.state.salary.len() {
            if self.state.salary[at].employee == old {
                let rec = self.state.next_salary_rec(new);
                let of = &mut self.state.salary[at];
                (of.employee, of.rec, of.touched) = (new, rec, of.touched.max(self.now));
            }
        }
    }

    fn set_category(&mut self, placement: u64, category: &str) -> Result<u64> {
        let now = self.now;
        self.placement(placement)?;
        let mut recs = Vec::new();
        for of in self.salary_of(placement) {
            of.category = category.to_owned();
            of.w2 = category.ends_with("Employee");
            of.c2c = category == "Subcontract";
            of.touched = of.touched.max(now);
            recs.push((u64::from(of.rec), of.created <= now));
        }
        if recs.is_empty() {
            return Err(MutationError::NoPayRecord(placement));
        }
        for (rec, _) in recs.into_iter().filter(|(_, is_shown)| *is_shown) {
            self.tell_pay(placement, rec, Operation::Update)?;
        }
        Ok(placement)
    }

    fn set_email(&mut self, id: u64, email: String) -> Result<u64> {
        let now = self.now;
        let of = self.candidate(id)?;
        (of.email, of.touched) = (email, now);
        self.tell(RecordType::Candidate, id.to_string(), Operation::Update);
        Ok(id)
    }

    fn redact(&mut self, id: u64) -> Result<u64> {
        let now = self.now;
        let of = self.candidate(id)?;
        (of.first_name, of.last_name) = ("REDACTED".into(), "REDACTED".into());
        (of.email, of.touched) = (String::new(), now);
        self.tell(RecordType::Candidate, id.to_string(), Operation::Update);
        Ok(id)
    }

    fn attach(
        &mut self,
        candidate: u64,
        file_name: String,
        kind: String,
        content: &[u8],
    ) -> Result<u64> {
        self.candidate(candidate)?;
        let id = 88_900_000 + self.state.fresh_id();
        let content_base64 = base64(content);
        let uploaded = self.now;
        self.state.attachments.push(Attachment {
            id,
            candidate,
            file_name,
            kind,
            uploaded,
            content_base64,
        });
        Ok(id)
    }

    fn onboard(&mut self, placement: u64, file_name: String, content: &[u8]) -> Result<u64> {
        let candidate = self.placement(placement)?.candidate;
        let id = 77_100_000 + self.state.fresh_id();
        let (now, content_base64) = (self.now, base64(content));
        self.state.onboarding.push(Onboarding {
            id,
            candidate,
            placement,
            file_name,
            assigned: now,
            uploaded: now,
            content_base64,
        });
        Ok(id)
    }

    fn add_timesheet(
        &mut self,
        placement: u64,
        week_ending: Date,
        hours: String,
        decision: Decision,
    ) -> Result<u64> {
        let now = self.now;
        let (employee, job) = {
            let of = self.placement(placement)?;
            (of.candidate, of.job)
        };
        let effective = self.salary_of(placement).filter(|of| of.effective <= week_ending);
        let pay = effective.max_by_key(|of| (of.effective, of.rec)).map(|of| of.clone());
        let pay = pay.ok_or(MutationError::NoPayRecord(placement))?;
        let id = 6_690_000 + self.state.fresh_id();
        self.state.timesheets.push(Timesheet {
            id,
            employee,
            activity: placement,
            job,
            week_ending,
            regular_hours: hours,
            overtime_hours: "0".into(),
            rate: pay.amount,
            per: pay.per,
            submitted: now,
            decision,
            decided: later(now, 60),
            touched: now,
            deleted: None,
        });
        self.tell(RecordType::Timesheet, id.to_string(), Operation::Insert);
        Ok(id)
    }

    fn change_timesheet(
        &mut self,
        id: u64,
        operation: Operation,
        change: impl FnOnce(&mut Timesheet, Timestamp),
    ) -> Result<u64> {
        let now = self.now;
        let found = self.state.timesheets.iter_mut().find(|of| of.id == id && of.deleted.is_none());
        let of = found.ok_or(MutationError::UnknownTimesheet(id))?;
        of.touched = now;
        change(of, now);
        self.tell(RecordType::Timesheet, id.to_string(), operation);
        Ok(id)
    }
}
