//! The placement and contractor workflows together, on every road that they can take in a hostile world.
//!
//! Certificates, invoices and merges are not among the settings: each has its own stream and its own machine, which the laws
//! walk alone, and what they do to placements is tried at random, with everything else, in `properties.rs`. Here they would
//! multiply the states without a new way for the two workflows to meet.
//!
//! Each setting says who is there and how often each thing may happen; `rules.rs` says what must hold. How many states
//! there are is printed. In the usual run the settings are small; `EXPLORE=full` makes them large:
//!
//! ```text
//! EXPLORE=full cargo test --release -p tests --test it -- explore --nocapture
//! ```

use std::collections::{BTreeMap, BTreeSet};

use tests::world::rules as usual_rules;
use workflow_core::domain::Insurance;
use workflow_core::domain::call::{Answer, Call, ContractorId};
use workflow_core::domain::contractor::Contractor;
use workflow_core::domain::facts::{CandidateId, PlacementId};
use workflow_core::domain::placement::Placement;
use workflow_core::domain::rules::Rules;
use workflow_core::explore::{Deed, Explorer, Hostility, Invariant, Model, Report};
use workflow_core::outcome::{Attempt, Outcome};
use workflow_core::time::Timestamp;

mod bugs;
mod calls;
mod deeds;
mod found;
mod outside;
mod rules;
mod settings;

use outside::{Left, Outside, Row, Season, Version};

/// Who is there, and what may happen.
pub struct Insured {
    /// The placements, as the ATS has them in the beginning; all of one candidate, unless each is of its own.
    placements: &'static [(&'static str, Version)],
    /// What the ATS may change them to.
    changes: &'static [(&'static str, Version)],
    /// How often what may happen.
    left: Left,
    /// Whether each placement is of a candidate of its own; all of them have the same e-mail.
    strangers: bool,
    rules: Rules,
}

impl Insured {
    fn new(
        placements: &'static [(&'static str, Version)],
        changes: &'static [(&'static str, Version)],
        left: Left,
    ) -> Self {
        Self { placements, changes, left, strangers: false, rules: usual_rules() }
    }

    /// With a candidate for each placement, and one e-mail for all.
    fn of_strangers(self) -> Self {
        Self { strangers: true, ..self }
    }

    /// With the workflows as they are.
    fn explorer(self) -> Explorer<Self> {
        Explorer::new(self).workflow::<Placement>().workflow::<Contractor>()
    }
}

impl Model for Insured {
    type Domain = Insurance;
    type World = Outside;

    fn begin(&self) -> Outside {
        let candidate = CandidateId("cand_1".into());
        let of = |name: &str| match self.strangers {
            true => CandidateId(name.replace("pl", "cand")),
            false => candidate.clone(),
        };
        let row = |(name, version): &(&str, Version)| {
            let row = Row {
                candidate: of(name),
                version: *version,
                ever_in_scope: *version != Version::W2,
            };
            (PlacementId((*name).into()), row)
        };
        // One who bought a policy elsewhere is known to the insurer.
        let returning = self.left.elsewhere > 0;
        let known = returning.then(|| (ContractorId("cn_cand_1_1".into()), candidate.clone()));
        Outside {
            season: Season::Before,
            ats: self.placements.iter().map(row).collect(),
            contractors: known.into_iter().collect(),
            addresses: BTreeMap::new(),
            jobs: BTreeMap::new(),
            quotes: BTreeMap::new(),
            matched: BTreeSet::new(),
            sessions: BTreeMap::new(),
            policies: BTreeMap::new(),
            assignments: BTreeMap::new(),
            wrong: None,
            left: self.left,
        }
    }

    fn now(&self, world: &Outside) -> Timestamp {
        world.season.now()
    }

    fn rules(&self) -> &Rules {
        &self.rules
    }

    fn perform(
        &self,
        world: &mut Outside,
        call: &Call,
        attempt: &Attempt,
        remembered: Option<&Outcome<Answer>>,
    ) -> Outcome<Answer> {
        calls::attempt(world, call, attempt, remembered)
    }

    fn happen(&self, world: &Outside) -> Vec<Deed<Outside>> {
        deeds::all(world, self.changes)
    }

    fn invariants(&self) -> Vec<Invariant<Self>> {
        rules::all()
    }
}

/// Whether the large settings are asked for.
fn is_full() -> bool {
    std::env::var_os("EXPLORE").is_some_and(|value| value == "full")
}

/// Explores the workflows as they are.
fn explored(name: &str, model: Insured, hostility: Hostility) -> Report {
    let report = model.explorer().explore(hostility);
    say(name, &report);
    report
}

#[allow(clippy::print_stdout, reason = "the number of states is to be seen")]
fn say(name: &str, report: &Report) {
    println!("{name}: {report}");
}
