//! What may happen to certificates in a story.
//!
//! ```text
//! cand_1 hands in paper_a                     also: for pl_1
//! cand_1 hands in paper_a out of scope        nobody knows yet whether they are a contractor
//! cand_1 turns out a contractor by paper_a
//! cand_1 turns out an employee by paper_a
//! the insurer deletes paper_a
//! paper_a of cand_1 is found                  among the attachments
//! the review of paper_a approves general, workers-comp until 2027-01-01
//! the review of paper_a begins | flags | denies | breaks down | approves
//! the operator accepts paper_a general until 2027-01-01: the broker vouches for it
//! the operator withdraws paper_a | resubmits paper_a
//! ```

use workflow_core::domain::call::{
    CoverageSeen, CoverageType, Review, ReviewStanding, RuleSeen, Said,
};
use workflow_core::domain::certificate::{Input, Origin, Scope, Unfit};
use workflow_core::domain::facts::{Date, PersonalText};

use super::{Outcome, Teller, candidate, form, placement};
use crate::world::paper_sha256;

impl Teller {
    pub(super) async fn papers(&mut self, line: &str) -> Option<Outcome> {
        if let Some((who, rest)) = line.split_once(" hands in ") {
            let (paper, what) = rest.split_once(' ').unwrap_or((rest, ""));
            let unfit = (what == "which is no PDF").then_some(Unfit::NotPdf);
            let scope = match what {
                "out of scope" => Scope::Unknown,
                _ => Scope::Known,
            };
            let named = what.strip_prefix("for ").map(placement);
            let origin = Origin::HandedIn { by: "kim".into() };
            let found =
                self.world.find_paper(paper, &candidate(who), origin, named, (unfit, scope)).await;
            self.last = Some(found);
            return Some(Ok(()));
        }
        if let Some((paper, who)) =
            form(line, "paper_", " is found").and_then(|it| it.split_once(" of "))
        {
            let origin = Origin::Attachment { id: Some("88123".into()) };
            let paper = format!("paper_{paper}");
            let fit = (None, Scope::Known);
            let found = self.world.find_paper(&paper, &candidate(who), origin, None, fit).await;
            self.last = Some(found);
            return Some(Ok(()));
        }
        if let Some((_, paper)) = line.split_once(" turns out a contractor by ") {
            self.last = Some(self.world.tell_paper(paper, Input::ScopeSeen).await);
            return Some(Ok(()));
        }
        if let Some((_, paper)) = line.split_once(" turns out an employee by ") {
            let reason = "every placement of theirs is out of scope".to_owned();
            self.last = Some(self.world.tell_paper(paper, Input::OutOfScope { reason }).await);
            return Some(Ok(()));
        }
        if let Some(paper) = line.strip_prefix("the insurer deletes ") {
            let certificate = self.world.insurer().certificate_of(&paper_sha256(paper))?;
            self.world.insurer().books().certificates.remove(&certificate);
            self.last = Some(self.world.tell_paper(paper, Input::Vanished).await);
            return Some(Ok(()));
        }
        if let Some(rest) = line.strip_prefix("the review of ") {
            let (paper, what) = rest.split_once(' ')?;
            let known = self.world.insurer().certificate_of(&paper_sha256(paper));
            let Some(certificate) = known else {
                return Some(Err("the insurer does not have it".into()));
            };
            self.world.insurer().review_certificate(&certificate, review(what)?);
            return Some(Ok(()));
        }
        let rest = line.strip_prefix("the operator ")?;
        let (command, reason) = rest.split_once(':').unwrap_or((rest, "seen to"));
        let (verb, rest) = command.split_once(' ')?;
        let (paper, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let reason = reason.trim().to_owned();
        if !paper.starts_with("paper_") {
            return None;
        }
        let input = match verb {
            "accepts" => {
                let (covers, until) = covered(rest)?;
                Input::Accept { covers, until, reason }
            }
            "withdraws" => Input::Withdraw { reason },
            "resubmits" => Input::Resubmit { reason },
            _ => return None,
        };
        self.last = Some(self.world.tell_paper(paper, input).await);
        Some(Ok(()))
    }
}

/// `general, workers-comp until 2027-01-01`; either may be missing.
fn covered(text: &str) -> Option<(Vec<CoverageType>, Option<Date>)> {
    let (types, until) = match text.split_once("until ") {
        Some((types, until)) => (types, Some(until.trim().parse().ok()?)),
        None => (text, None),
    };
    let known = |word: &str| match word {
        "general" => Some(CoverageType::General),
        "workers-comp" => Some(CoverageType::WorkersComp),
        "professional" => Some(CoverageType::Professional),
        _ => None,
    };
    let words = types.split(',').map(str::trim).filter(|word| !word.is_empty());
    Some((words.map(known).collect::<Option<Vec<_>>>()?, until))
}

fn review(what: &str) -> Option<Review> {
    let (word, rest) = what.split_once(' ').unwrap_or((what, ""));
    let (standing, result) = match word {
        "begins" => (ReviewStanding::Processing, None),
        "approves" => (ReviewStanding::Approved, Some(Said::Passed)),
        "flags" => (ReviewStanding::Flagged, Some(Said::Failed)),
        "denies" => (ReviewStanding::Denied, Some(Said::Failed)),
        "breaks" => (ReviewStanding::Error, None),
        _ => return None,
    };
    let rest = if word == "breaks" { "" } else { rest };
    let (types, until) = covered(rest)?;
    let seen = |coverage| CoverageSeen {
        coverage,
        effective: "2026-01-01".parse().ok(),
        expires: until,
        occurrence_cents: None,
        aggregate_cents: None,
    };
    let remark = || Some(PersonalText("as Kim Doe's broker says".into()));
    let rule = |result| RuleSeen { name: "GL aggregate".into(), result, remark: remark() };
    Some(Review {
        standing,
        rules: result.map(rule).into_iter().collect(),
        coverages: types.into_iter().map(seen).collect(),
    })
}
