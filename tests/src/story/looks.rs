//! What may be so in a story.

use workflow_core::engine::{HandleError, Wait};

use super::weeks::Week;
use super::{Outcome, Teller, candidate, form, placement};
use crate::peers::insurer::Session;
use crate::world::{contractor_stream, stream};
use workflow_core::domain::call::{AssignmentStanding, PolicyStanding};
use workflow_core::domain::coverage_days::{Asked, By, Gap, Ledger, Place};
use workflow_core::domain::placement::Machine;
use workflow_core::engine::decode;
use workflow_core::time::Timestamp;

impl Teller {
    /// Whether what a line says is so.
    pub(super) async fn look(&mut self, line: &str) -> Outcome {
        if let Some((name, rest)) = line.split_once(" is ") {
            if name.starts_with("pl_") {
                return self.stands(&stream(&placement(name)), rest);
            }
            if let Some(week) = Week::read(name) {
                return self.stands(&week.stream(), rest);
            }
            if name.starts_with("paper_") {
                let stream = self.world.paper_stream(name).ok_or("nobody has that paper")?;
                return self.stands(&stream, rest);
            }
            if name.starts_with("cand_") {
                return self.stands(&contractor_stream(&candidate(name)), rest);
            }
        }
        if let Some(rest) = line.strip_prefix("the gaps of ") {
            return self.gaps(rest);
        }
        if let Some(count) = line.strip_prefix("the insurer has ") {
            return self.count(count);
        }
        if let Some(name) = form(line, "", " waits for a person") {
            let summary = self.world.engine().summary(&stream(&placement(name)));
            let waits = summary.map(|summary| summary.waits).unwrap_or_default();
            let person = waits.iter().any(|wait| matches!(wait, Wait::Person(_)));
            return if person { Ok(()) } else { Err(format!("it waits for {waits:?}")) };
        }
        if let Some((name, day)) =
            line.strip_prefix("the insurer covers ").and_then(|rest| rest.split_once(" to "))
        {
            return self.covers(name, day);
        }
        if let Some(name) = form(line, "the insurer heard nothing of ", "") {
            return self.heard_nothing(name);
        }
        if let Some(rest) = line.strip_prefix("the insurer heard ") {
            let (operation, times) = rest.rsplit_once(' ').ok_or("how often?")?;
            let books = self.world.insurer().books();
            let heard = books.heard.iter().filter(|it| it.operation == operation).count();
            return equal(&format!("{heard}x"), times);
        }
        if let Some(answer) = line.strip_prefix("that was ") {
            return self.answered(answer);
        }
        if let Some((name, events)) = line.split_once(" went ") {
            let stream = self.stream_of(name)?;
            return equal(&self.world.history(&stream).join(", "), events);
        }
        if let Some((event, name)) = line.split_once(" never for ") {
            return self.times(event, name, 0);
        }
        if let Some((event, name)) = line.split_once(" once for ") {
            return self.times(event, name, 1);
        }
        if let Some((event, name)) = line.split_once(" twice for ") {
            return self.times(event, name, 2);
        }
        if let Some(rest) = line.strip_prefix("the insurer knows ") {
            return self.knows(rest);
        }
        Err("no look has this form".into())
    }

    /// What came of the last input.
    fn answered(&self, wanted: &str) -> Outcome {
        match (wanted, &self.last) {
            ("taken", Some(Ok(_))) => Ok(()),
            ("refused", Some(Err(HandleError::Rejected(no)))) if no.message.len() > 15 => Ok(()),
            (wanted, Some(Err(HandleError::Rejected(no)))) => {
                equal(&format!("refused: {}", no.code), wanted)
            }
            (_, other) => Err(format!("it was {other:?}")),
        }
    }

    fn stream_of(&self, name: &str) -> Result<workflow_core::id::StreamId, String> {
        if let Some(week) = Week::read(name) {
            return Ok(week.stream());
        }
        match name.split('_').next() {
            Some("cand") => Ok(contractor_stream(&candidate(name))),
            Some("paper") => self.world.paper_stream(name).ok_or("nobody has that paper".into()),
            _ => Ok(stream(&placement(name))),
        }
    }

    /// `Flagged`, or `Flagged: coverage lost` when the headline is to say so.
    fn stands(&self, stream: &workflow_core::id::StreamId, wanted: &str) -> Outcome {
        let Some(summary) = self.world.engine().summary(stream) else {
            return equal("not there", wanted);
        };
        let (state, says) = wanted.split_once(": ").unwrap_or((wanted, ""));
        if summary.state != state || !summary.headline.contains(says) {
            let (state, headline) = (summary.state, summary.headline);
            return Err(format!("it is {state}: {headline}"));
        }
        Ok(())
    }

    /// `pl_1 until 2026-06-30 are 2026-03-16 to 2026-03-18; 2026-04-01 then`, or `... are none`; with `as known at
    /// 2026-03-20 12:00` by what was known at that moment.
    fn gaps(&self, line: &str) -> Outcome {
        let (asked, wanted) = line.split_once(" are ").ok_or("which gaps?")?;
        let (name, until) = asked.split_once(" until ").ok_or("until when?")?;
        let (until, known) = until.split_once(" as known at ").unwrap_or((until, ""));
        let to = until.parse().map_err(|_| "until which day?".to_owned())?;
        let known = match known {
            "" => None,
            moment => {
                let moment = format!("{}:00Z", moment.replace(' ', "T"));
                Some(moment.parse::<jiff::Timestamp>().map_err(|e| e.to_string())?.into())
            }
        };
        let events = self.world.engine().history(&stream(&placement(name)));
        let mut ledger = Ledger::default();
        for recorded in events.map_err(|error| error.to_string())? {
            let (position, at) = (recorded.position, recorded.event.recorded_at);
            if known.is_some_and(|known: Timestamp| at > known) {
                break;
            }
            let event = decode::<Machine>(&recorded.event).map_err(|error| error.to_string())?;
            if !ledger.take(Place { position, at }, event) {
                return Err("the machine does not accept its own log".into());
            }
        }
        let asked = Asked { zone: &self.world.rules.zone, from: None, to };
        let gap = |gap: &Gap| match gap.by {
            By::Both => gap.days.to_string(),
            By::Then => format!("{} then", gap.days),
            By::Now => format!("{} now", gap.days),
        };
        let gaps: Vec<String> = ledger.days(&asked).gaps.iter().map(gap).collect();
        let gaps = if gaps.is_empty() { "none".to_owned() } else { gaps.join("; ") };
        equal(&gaps, wanted)
    }

    fn times(&self, event: &str, name: &str, wanted: usize) -> Outcome {
        let stream = self.stream_of(name)?;
        let wire = event.chars().flat_map(|c| match c.is_uppercase() {
            true => vec!['_', c.to_ascii_lowercase()],
            false => vec![c],
        });
        let wire: String = wire.collect::<String>().trim_start_matches('_').to_owned();
        let history = self.world.history(&stream);
        let found = history.iter().filter(|kind| kind.as_str() == event || **kind == wire).count();
        equal(&found.to_string(), &wanted.to_string())
    }

    fn count(&self, wanted: &str) -> Outcome {
        let books = self.world.insurer().books();
        for wanted in wanted.split(", ") {
            let (count, what) = wanted.split_once(' ').ok_or("how many of what?")?;
            let found = match what {
                "contractor" | "contractors" => books.contractors.len(),
                "job" | "jobs" => books.jobs.len(),
                "quote" | "quotes" => books.quotes.len(),
                "session" | "sessions" => books.sessions.len(),
                "live session" | "live sessions" => {
                    books.sessions.values().filter(|it| Session::is_live(it)).count()
                }
                "assignment" | "assignments" => books.assignments.len(),
                "live assignment" | "live assignments" => {
                    let live = [AssignmentStanding::Pending, AssignmentStanding::Active];
                    books.assignments.values().filter(|it| live.contains(&it.standing)).count()
                }
                "invoice" | "invoices" => books.invoices.len(),
                "certificate" | "certificates" => books.certificates.len(),
                "policy" | "policies" => books.policies.len(),
                "policy in force" | "policies in force" => {
                    let active = PolicyStanding::Active;
                    books.policies.values().filter(|it| it.standing == active).count()
                }
                _ => return Err(format!("nothing is called `{what}`")),
            };
            let count = if count == "no" { "0" } else { count };
            if found.to_string() != count {
                return Err(format!("it has {found} {what}"));
            }
        }
        if books.violations.is_empty() { Ok(()) } else { Err(books.violations.join("; ")) }
    }

    fn heard_nothing(&self, name: &str) -> Outcome {
        let books = self.world.insurer().books();
        let (of_placement, of_contractor) =
            (stream(&placement(name)), contractor_stream(&candidate(name)));
        let of = |it: &&crate::peers::insurer::Heard| {
            let of_week = format!("invoice/{}/{name}.", of_placement.tenant());
            it.stream == of_placement.as_str()
                || it.stream == of_contractor.as_str()
                || it.stream.starts_with(&of_week)
        };
        match books.heard.iter().find(of) {
            Some(heard) => Err(format!("it heard {}", heard.operation)),
            None => Ok(()),
        }
    }

    /// The last day that what is bought for a placement covers, by the insurer's own books.
    fn covers(&self, name: &str, day: &str) -> Outcome {
        let insurer = self.world.insurer();
        let (assignment, policy) =
            (insurer.assignment_of(&placement(name)), insurer.policy_of(&placement(name)));
        let books = insurer.books();
        let until = match (assignment, policy) {
            (Some(id), _) => books.assignments[&id].window.until,
            (None, Some(id)) => books.policies[&id].expires,
            (None, None) => return Err("nothing is bought for it".into()),
        };
        let end = until.to_jiff().to_zoned(self.world.rules.zone.clone()).date();
        let last = end.yesterday().map_err(|e| e.to_string())?;
        equal(&last.to_string(), day)
    }

    /// `cand_1 by kim@real.test` or `cand_1 as Robin`.
    fn knows(&self, line: &str) -> Outcome {
        let books = self.world.insurer().books();
        let who = |name: &str| {
            let name = candidate(name);
            books.contractors.values().find(|known| known.candidate.as_ref() == Some(&name))
        };
        if let Some((name, email)) = line.split_once(" by ") {
            return equal(who(name).map_or("nothing", |known| known.email.as_str()), email);
        }
        let (name, first) = line.split_once(" as ").ok_or("by what, or as whom?")?;
        equal(who(name).map_or("nobody", |known| known.first_name.as_str()), first)
    }
}

fn equal(is: &str, wanted: &str) -> Outcome {
    if is == wanted { Ok(()) } else { Err(format!("it is `{is}`, not `{wanted}`")) }
}
