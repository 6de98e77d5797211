//! What may happen in a story.

use std::time::Duration;

use workflow_core::domain::by_hand::Fact;
use workflow_core::domain::call::{
    AssignmentId, AssignmentStanding, ContractorId, PolicyStanding, SessionId, Span,
};
use workflow_core::domain::contractor;
use workflow_core::domain::facts::PlacementId;
use workflow_core::domain::placement::{Input, Resolution};
use workflow_core::time::{Clock, Timestamp};

use super::{Outcome, Teller, candidate, form, placement};
use crate::peers::ats::person;
use crate::peers::fault::Fault;
use crate::peers::insurer::Subject;
use crate::world::{good, set};

/// How the world goes on after a step.
#[derive(Clone, Copy, PartialEq)]
enum Then {
    /// Until nothing is left to do.
    Settle,
    /// The same, with the insurer's signals kept on their way.
    Quietly,
    /// Not at all: calls stay owed.
    Freeze,
}

impl Teller {
    /// Does what a line says.
    pub(super) async fn act(&mut self, line: &str) -> Outcome {
        let (then, line) = if let Some(rest) = line.strip_prefix("quietly ") {
            (Then::Quietly, rest)
        } else if let Some(rest) = line.strip_prefix("at once ") {
            (Then::Freeze, rest)
        } else {
            (Then::Settle, line)
        };
        let (line, times) = match line.strip_suffix(", twice") {
            Some(line) => (line, 2),
            None => (line, 1),
        };
        for _ in 0..times {
            self.act_once(line).await?;
            match then {
                Then::Settle => self.world.settle().await,
                Then::Quietly => self.world.settle_silently().await,
                Then::Freeze => self.world.quiet().await,
            }
        }
        Ok(())
    }

    async fn act_once(&mut self, line: &str) -> Outcome {
        if let Some(done) = self.week(line).await {
            return done;
        }
        if let Some(done) = self.papers(line).await {
            return done;
        }
        if let Some(done) = self.ats(line).await {
            return done;
        }
        if let Some(done) = self.insurer(line).await {
            return done;
        }
        if let Some(done) = self.operator(line).await {
            return done;
        }
        self.machinery(line).await.unwrap_or_else(|| Err("no step has this form".into()))
    }

    /// Things that happen in the ATS.
    async fn ats(&mut self, line: &str) -> Option<Outcome> {
        if let Some(name) = form(line, "the ATS reports candidate ", "") {
            return self.report_person(name).await;
        }
        if let Some(rest) = line.strip_prefix("the ATS reports ") {
            let (names, with) = rest.split_once(" with ").unwrap_or((rest, ""));
            for name in names.split(',') {
                let name = placement(name);
                self.change(&name, with);
                self.last = Some(self.world.observe(&name).await);
            }
            return Some(Ok(()));
        }
        if let Some(rest) = line.strip_prefix("the ATS merges ") {
            return self.merge(rest).await;
        }
        if let Some(name) = form(line, "the ATS deletes ", "") {
            self.world.ats().forget_person(&candidate(name));
            let reason = "deleted in the ATS".to_owned();
            let input = contractor::Input::Retire { reason };
            self.last = Some(self.world.tell_contractor(&candidate(name), input).await);
            return Some(Ok(()));
        }
        if let Some(name) = form(line, "the ATS forgets ", "") {
            self.world.ats().forget(&placement(name));
            self.last = Some(self.world.observe(&placement(name)).await);
            return Some(Ok(()));
        }
        if let Some((name, email)) = line.split_once(" has the e-mail ") {
            let email = (email != "none").then_some(email);
            self.world.ats().put_person(candidate(name), person("Kim", email));
            return Some(Ok(()));
        }
        if let Some((name, first)) = line.split_once(" is now called ") {
            let mut who = self.world.ats().person(&candidate(name))?;
            who.first_name = first.to_owned();
            self.world.ats().put_person(candidate(name), who);
            return Some(Ok(()));
        }
        if let Some((name, with)) = line.split_once(" changes unreported to ") {
            self.change(&placement(name), with);
            return Some(Ok(()));
        }
        let (name, rest) = line.split_once(" of ")?;
        if name.contains(' ') {
            return None;
        }
        let (who, with) = rest.split_once(" with ").unwrap_or((rest, ""));
        let (name, who) = (placement(name), candidate(who));
        if self.world.ats().person(&who).is_none() {
            let email = format!("{who}@real.test");
            self.world.ats().put_person(who.clone(), person("Kim", Some(&email)));
        }
        self.world.ats().put(good(&name, &who));
        self.change(&name, with);
        Some(Ok(()))
    }

    /// `cand_1 into cand_2`; with ` unreported` only in the ATS.
    async fn merge(&mut self, rest: &str) -> Option<Outcome> {
        let (rest, told) = match rest.strip_suffix(" unreported") {
            Some(rest) => (rest, false),
            None => (rest, true),
        };
        let (old, into) = rest.split_once(" into ")?;
        let (old, into) = (candidate(old), candidate(into));
        self.world.merge(&old, &into);
        if told {
            let input = contractor::Input::Merged { into };
            self.last = Some(self.world.tell_contractor(&old, input).await);
        }
        Some(Ok(()))
    }

    async fn report_person(&mut self, name: &str) -> Option<Outcome> {
        let who = self.world.ats().person(&candidate(name))?;
        let told =
            self.world.tell_contractor(&candidate(name), contractor::Input::Observed(who)).await;
        Some(told.map(|_| ()).map_err(|e| e.to_string()))
    }

    fn change(&self, name: &PlacementId, with: &str) {
        let mut facts = self.world.ats().get(name).expect("the placement is in the ATS");
        for change in with.split("; ").filter(|change| !change.is_empty()) {
            let (what, value) = change.split_once('=').expect("changes are like start=2026-03-20");
            set(&mut facts, what.trim(), value.trim());
        }
        self.world.ats().put(facts);
    }

    /// Things that happen at the insurer.
    async fn insurer(&mut self, line: &str) -> Option<Outcome> {
        if let Some(rest) = line.strip_prefix("the application of ") {
            let (name, what) = rest.split_once(' ')?;
            let session = self.world.insurer().session_of(&placement(name));
            let Some(session) = session else { return Some(Err("there is no session".into())) };
            return Some(self.application(&session, what));
        }
        if let Some(rest) = line.strip_prefix("the policy of ") {
            let (name, what) = rest.split_once(' ')?;
            let policy = self.world.insurer().policy_of(&placement(name));
            let Some(policy) = policy else { return Some(Err("there is no policy".into())) };
            let standing = match what {
                "is cancelled" => PolicyStanding::Canceled,
                "expires" => PolicyStanding::Expired,
                "is reactivated" => PolicyStanding::Active,
                _ => return None,
            };
            self.world.insurer().set_policy(&policy, standing);
            return Some(Ok(()));
        }
        if let Some(rest) = line.strip_prefix("the assignment of ") {
            return self.assignment(rest);
        }
        if let Some(email) = form(line, "the insurer knows a stranger with ", "") {
            self.world.insurer().know_stranger(email, None);
            return Some(Ok(()));
        }
        if let Some(name) = form(line, "the contractor of ", " buys a policy elsewhere") {
            let linked = self.contractor_of(name);
            let Some(linked) = linked else { return Some(Err("there is no contractor".into())) };
            self.world.insurer().bought_elsewhere(&linked);
            return Some(Ok(()));
        }
        if let Some(name) = form(line, "the insurer forgets the quotes of ", "") {
            let name = placement(name);
            self.world.insurer().books().quotes.retain(|_, quote| quote.placement != name);
            return Some(Ok(()));
        }
        if let Some(email) = form(line, "the stranger gives up ", "") {
            for known in self.world.insurer().books().contractors.values_mut() {
                if known.email == email {
                    known.email = format!("old-{email}");
                }
            }
            return Some(Ok(()));
        }
        self.fault(line)
    }

    /// The contractor that the insurer has for a candidate.
    fn contractor_of(&self, name: &str) -> Option<ContractorId> {
        let books = self.world.insurer().books();
        let mut all = books.contractors.iter();
        all.find_map(|(id, c)| (c.candidate == Some(candidate(name))).then(|| id.clone()))
    }

    fn application(&self, session: &SessionId, what: &str) -> Outcome {
        let insurer = self.world.insurer();
        match what {
            "is completed" => {
                insurer.complete(session).ok_or("it is not open")?;
            }
            "is declined" => insurer.decline(session),
            "runs out" => insurer.run_out(session),
            "goes to review" => insurer.review(session),
            other => match form(other, "reaches ", "") {
                Some(step) => insurer.advance(session, step),
                None => return Err("nothing of that kind happens to applications".into()),
            },
        }
        Ok(())
    }

    fn assignment(&self, rest: &str) -> Option<Outcome> {
        let (name, what) = rest.split_once(' ')?;
        let Some(assignment) = self.world.insurer().assignment_of(&placement(name)) else {
            return Some(Err("there is no assignment".into()));
        };
        let standing = match what {
            "comes into force" => AssignmentStanding::Active,
            other if other.starts_with("has ") => return Some(self.dated(&assignment, other)),
            "is cancelled" => AssignmentStanding::Canceled,
            "fails its charge" => AssignmentStanding::ChargeFailed,
            _ => return None,
        };
        self.world.insurer().set_assignment(&assignment, standing);
        Some(Ok(()))
    }

    /// `has 2026-03-20 to 2026-06-30`, `has no dates`: what the insurer says of an assignment's days, whatever was asked.
    fn dated(&self, assignment: &AssignmentId, what: &str) -> Outcome {
        let zone = self.world.rules.zone.clone();
        let midnight = |day: &str| -> Result<Timestamp, String> {
            let day: jiff::civil::Date = day.parse().map_err(|_| "no day".to_owned())?;
            let begins = day.to_zoned(zone.clone()).map_err(|error| error.to_string())?;
            Ok(begins.timestamp().into())
        };
        let says = match what.strip_prefix("has ").and_then(|days| days.split_once(" to ")) {
            Some((from, last)) => {
                let day: jiff::civil::Date = last.parse().map_err(|_| "no day".to_owned())?;
                let next = day.tomorrow().map_err(|error| error.to_string())?;
                Span { from: Some(midnight(from)?), until: Some(midnight(&next.to_string())?) }
            }
            None => Span::default(),
        };
        self.world.insurer().say_of(assignment, says);
        Ok(())
    }

    fn fault(&self, line: &str) -> Option<Outcome> {
        let (side, rest) = line.split_once(" will ")?;
        let faults = match side {
            "the insurer" => &self.world.insurer().faults,
            "the ATS" => &self.world.ats().faults,
            _ => return None,
        };
        let (verb, rest) = rest.split_once(' ')?;
        let (operation, how) = rest.split_once(' ').unwrap_or((rest, ""));
        let fault = match (verb, how) {
            ("miss", "") => Fault::NotSent,
            ("lose", "before its effect") => Fault::LostBefore,
            ("lose", "after its effect") => Fault::LostAfter,
            ("burn", "before its effect") => Fault::Burned,
            ("burn", "after its effect") => Fault::BurnedAfter,
            ("refuse", with) => Fault::Refuse(form(with, "with ", "")?.to_owned()),
            _ => return None,
        };
        faults.plan(operation, fault);
        Some(Ok(()))
    }

    /// Things that people do in the product.
    async fn operator(&mut self, line: &str) -> Option<Outcome> {
        let rest = line.strip_prefix("the operator ")?;
        let (command, reason) = rest.split_once(':').unwrap_or((rest, "seen to"));
        let (verb, name) = command.split_once(' ')?;
        let reason = reason.trim().to_owned();
        let resolution = match verb {
            "returns" => Resolution::Return,
            "restarts" => Resolution::Restart,
            "closes" => Resolution::Close,
            "excludes" => {
                let input = Input::Exclude { reason };
                self.last = Some(self.world.tell(&placement(name), input, "operator:kim").await);
                return Some(Ok(()));
            }
            "accepts" => Resolution::Accept,
            "includes" | "resends" => {
                let by = "kim".to_owned();
                let input = match verb {
                    "includes" => Input::Include { by, reason },
                    _ => Input::Resend { reason },
                };
                self.last = Some(self.world.tell(&placement(name), input, "operator:kim").await);
                return Some(Ok(()));
            }
            "sets" => return self.set(name, reason).await,
            "retries" => {
                let input = contractor::Input::Retry { reason };
                let told = self.world.tell_contractor(&candidate(name), input).await;
                self.last = Some(told);
                return Some(Ok(()));
            }
            "retires" => {
                let input = contractor::Input::Retire { reason };
                self.last = Some(self.world.tell_contractor(&candidate(name), input).await);
                return Some(Ok(()));
            }
            "keeps" => {
                let (of, name) = name.split_once(" for ")?;
                let contractor = match of.starts_with("cn_") {
                    true => ContractorId(of.to_owned()),
                    false => self.contractor_of(of)?,
                };
                let input = contractor::Input::Keep { contractor, reason };
                self.last = Some(self.world.tell_contractor(&candidate(name), input).await);
                return Some(Ok(()));
            }
            "forgets" => {
                return Some(self.forget(name, reason).await);
            }
            _ => return None,
        };
        let input = Input::Resolve { resolution, reason };
        self.last = Some(self.world.tell(&placement(name), input, "operator:kim").await);
        Some(Ok(()))
    }

    /// As `runner forget` does it: under every id that was merged.
    async fn forget(&mut self, name: &str, reason: String) -> Outcome {
        let stream = self.world.contractor_stream(&candidate(name));
        let ids = runner::forget::ids_of(self.world.engine(), &stream);
        let mut ids = ids.map_err(|error| error.to_string())?;
        if ids.is_empty() {
            ids.insert(stream);
        }
        for id in ids {
            let id = candidate(id.key());
            let input = contractor::Input::Forget { reason: reason.clone() };
            self.last = Some(self.world.tell_contractor(&id, input).await);
        }
        Ok(())
    }

    /// `pl_1 wage=95.00/hour`, or `cand_1 email=kim@real.test`.
    async fn set(&mut self, line: &str, reason: String) -> Option<Outcome> {
        let (name, fact) = line.split_once(' ')?;
        let (what, value) = fact.split_once('=')?;
        if what == "email" {
            let input = contractor::Input::SetEmail { email: value.into(), reason };
            self.last = Some(self.world.tell_contractor(&candidate(name), input).await);
            return Some(Ok(()));
        }
        let fact = match Fact::parse(what, value) {
            Ok(fact) => fact,
            Err(problem) => return Some(Err(problem)),
        };
        let input = Input::Set { fact, by: "kim".to_owned(), reason };
        self.last = Some(self.world.tell(&placement(name), input, "operator:kim").await);
        Some(Ok(()))
    }

    /// Time, the process and the wires.
    async fn machinery(&mut self, line: &str) -> Option<Outcome> {
        if let Some(moment) = form(line, "it is ", "") {
            let moment = format!("{}:00Z", moment.trim().replace(' ', "T"));
            let at: jiff::Timestamp = moment.parse().expect("a moment like 2026-03-16 13:00");
            let at = Timestamp::from(at);
            assert!(at >= self.world.clock.now(), "time goes on");
            self.world.clock.set(at);
            return Some(Ok(()));
        }
        if let Some(days) = form(line, "", " days pass").and_then(|days| days.parse::<u64>().ok()) {
            self.world.clock.advance(Duration::from_secs(days * 24 * 3600));
            return Some(Ok(()));
        }
        match line {
            "the engine restarts" => self.world.restart(),
            "the signals arrive" => self.world.receive().await,
            "everything is polled" => self.world.sweep().await,
            "one call is made" => {
                self.world.step().await;
            }
            "a call takes off" => {
                let call = self.world.engine().owed_calls().into_iter().next()?;
                self.world.attempt(call).await;
            }
            "its answer lands" => self.world.land(0).await,
            "the signals arrive backwards" => {
                let mut signals: Vec<Subject> = self.world.insurer().take_signals();
                signals.reverse();
                for subject in signals {
                    self.world.see(&subject).await;
                }
            }
            "the timers fire" => {
                self.world.fire().await;
            }
            "the world settles" => {}
            _ => return None,
        }
        Some(Ok(()))
    }
}
