//! What is done about jobs and invoices: a job deleted or merged, an invoice written.
//!
//! Placements of a merged job name the other job from then on, as the service does with candidates.

use jiff::civil::Date;

use super::super::super::state::{Invoice, Merge};
use super::super::super::webhooks::{Operation, RecordType};
use super::super::MutationError;
use super::{Desk, Result};

impl Desk<'_> {
    pub(super) fn delete_job(&mut self, id: u64) -> Result<u64> {
        let now = self.now;
        self.job(id)?;
        let of = self.state.jobs.get_mut(&id).ok_or(MutationError::UnknownJob(id))?;
        (of.deleted, of.touched) = (Some(now), now);
        self.tell(RecordType::Job, id.to_string(), Operation::Delete);
        Ok(id)
    }

    pub(super) fn merge_jobs(&mut self, old: u64, new: u64) -> Result<u64> {
        let now = self.now;
        self.job(new)?;
        if old == new {
            return Err(MutationError::UnknownJob(old));
        }
        self.job(old)?;
        let of = self.state.jobs.get_mut(&old).ok_or(MutationError::UnknownJob(old))?;
        of.merged = Some(Merge { into: new, at: now });
        let mut moved = Vec::new();
        for of in self.state.activities.values_mut().filter(|of| of.job == old) {
            (of.job, of.touched) = (new, now);
            moved.push(of.id);
        }
        for of in self.state.billing.iter_mut().filter(|of| of.job == old) {
            (of.job, of.touched) = (new, of.touched.max(now));
        }
        for of in self.state.salary.iter_mut().filter(|of| of.job == old) {
            (of.job, of.touched) = (new, of.touched.max(now));
        }
        for placement in moved {
            self.tell_activity(placement, Operation::Update);
        }
        self.tell(RecordType::Job, old.to_string(), Operation::Delete);
        Ok(new)
    }

    fn job(&self, id: u64) -> Result<()> {
        self.state.job(id).map(|_| ()).ok_or(MutationError::UnknownJob(id))
    }

    pub(super) fn add_invoice(
        &mut self,
        placement: u64,
        from: Date,
        to: Date,
        hours: String,
        amount: String,
    ) -> Result<u64> {
        let (employee, job) = {
            let of = self.placement(placement)?;
            (of.candidate, of.job)
        };
        let id = 4_490_000 + self.state.fresh_id();
        let (activity, created) = (placement, self.now);
        let invoice = Invoice { id, activity, employee, job, from, to, hours, amount, created };
        self.state.invoices.push(invoice);
        Ok(id)
    }
}
