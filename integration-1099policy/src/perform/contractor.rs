//! Contractors: found by e-mail or created, and kept up to date.
//!
//! The e-mail is unique per tenant, so looking it up comes before every creation; it costs one read and makes a
//! lost answer harmless. Whose contractor it is, its `custom_metadata` tells.

use workflow_core::domain::call::{Answer, ContractorId};
use workflow_core::domain::facts::{CandidateId, Person};
use workflow_core::outcome::Outcome;

use super::{Run, Step, path_of, refused, told};
use crate::failure::Failure;
use crate::pages::{self, Walk, Walked};
use crate::wire;
use crate::wire::contractor::{Contractor, body, lacking};

const CONTRACTORS: &str = "/contractors";

/// Finds the candidate's contractor, or creates it.
pub(super) async fn link(
    run: &Run<'_>,
    candidate: &CandidateId,
    person: &Person,
    email: &str,
) -> Step<Answer> {
    find_or_create(run, candidate, person, email).await.map_err(|ended| unnamed(person, ended))
}

/// Brings a contractor up to date.
pub(super) async fn update(
    run: &Run<'_>,
    contractor: &ContractorId,
    candidate: &CandidateId,
    person: &Person,
    email: &str,
) -> Step<Answer> {
    let put = put(run, contractor, candidate, person, email).await;
    put.map_err(|ended| unnamed(person, ended))
}

async fn find_or_create(
    run: &Run<'_>,
    candidate: &CandidateId,
    person: &Person,
    email: &str,
) -> Step<Answer> {
    if let Some(holder) = by_email(run, email).await.map_err(|f| run.lookup_ended(f))? {
        return owned(run, &holder, candidate).map_err(|f| run.lookup_ended(f));
    }
    if run.must_look_first() {
        // Created under another e-mail, perhaps: the candidate may have changed it since.
        let config = run.policy.config();
        let ours = |known: &Contractor| known.candidate(config).as_ref() == Some(candidate);
        if let Some(found) = run.look_for(CONTRACTORS, ours).await?.last() {
            return owned(run, found, candidate).map_err(|f| run.lookup_ended(f));
        }
    }
    let config = run.policy.config();
    let lacking = lacking(config, person);
    if !lacking.is_empty() {
        let message =
            format!("not sent: the person has not {} in the ATS", lacking.join(" and not "));
        return Ok(refused(0, "contractor_incomplete", message));
    }
    let body = body(config, candidate, person, email);
    let created = match run.post(CONTRACTORS, body).await {
        Ok(created) => created,
        Err(failure) if failure.is_refusal(&["duplicate_email"]) => {
            return after_duplicate(run, candidate, email, failure).await;
        }
        Err(failure) => return Err(run.post_ended(failure)),
    };
    let contractor = wire::object("contractor", created)
        .and_then(|created: Contractor| told(created.contractor_id(), "contractor"))
        .map_err(|f| run.post_ended(f))?;
    Ok(Answer::ContractorLinked { contractor })
}

async fn put(
    run: &Run<'_>,
    contractor: &ContractorId,
    candidate: &CandidateId,
    person: &Person,
    email: &str,
) -> Step<Answer> {
    let body = body(run.policy.config(), candidate, person, email);
    match run.put(&path_of(CONTRACTORS, contractor.as_str()), body).await {
        Ok(_) => Ok(Answer::ContractorUpdated),
        Err(failure) if failure.is_refusal(&["duplicate_email"]) => {
            let holder = by_email(run, email).await.map_err(|f| run.lookup_ended(f))?;
            let other = holder.filter(|holder| holder.contractor_id().as_ref() != Some(contractor));
            match other.and_then(|other| {
                Some((other.contractor_id()?, other.candidate(run.policy.config())))
            }) {
                Some((contractor, candidate)) => Ok(Answer::EmailTaken { contractor, candidate }),
                None => Err(run.put_ended(failure)),
            }
        }
        Err(failure) => Err(run.put_ended(failure)),
    }
}

/// Takes the person's names and phone out of a refusal's message: it goes into the log, in clear text.
fn unnamed(person: &Person, mut ended: Box<Outcome<Answer>>) -> Box<Outcome<Answer>> {
    if let Outcome::Answered(Answer::Refused(refusal)) = &mut *ended {
        refusal.message = without_words_of(person, &refusal.message);
    }
    ended
}

fn without_words_of(person: &Person, message: &str) -> String {
    let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let texts = [person.first_name.as_str(), &person.last_name];
    let texts = texts.into_iter().chain(person.phone.as_deref());
    let personal: Vec<String> = texts.flat_map(str::split_whitespace).map(bare).collect();
    let masked = message.split_whitespace().map(|word| {
        let own = bare(word);
        if !own.is_empty() && personal.contains(&own) { "[personal]" } else { word }
    });
    masked.collect::<Vec<_>>().join(" ")
}

/// The provider knows the e-mail although the look-up did not show it: written in another case, or created since.
async fn after_duplicate(
    run: &Run<'_>,
    candidate: &CandidateId,
    email: &str,
    duplicate: Failure,
) -> Step<Answer> {
    let mut holder = by_email(run, email).await.map_err(|f| run.lookup_ended(f))?;
    if holder.is_none() {
        holder = by_reading_all(run, email).await.map_err(|f| run.lookup_ended(f))?;
    }
    match holder {
        Some(holder) => owned(run, &holder, candidate).map_err(|f| run.lookup_ended(f)),
        None => Err(run.post_ended(duplicate)),
    }
}

/// Linked when it is the candidate's; taken otherwise, also when it names nobody.
fn owned(run: &Run<'_>, holder: &Contractor, candidate: &CandidateId) -> Result<Answer, Failure> {
    let contractor = told(holder.contractor_id(), "contractor")?;
    let owner = holder.candidate(run.policy.config());
    if owner.as_ref() == Some(candidate) {
        return Ok(Answer::ContractorLinked { contractor });
    }
    Ok(Answer::EmailTaken { contractor, candidate: owner })
}

async fn by_email(run: &Run<'_>, email: &str) -> Result<Option<Contractor>, Failure> {
    let body = run.policy.client().get(CONTRACTORS, &[("email", email)]).await?;
    let items = wire::items(body)
        .ok_or_else(|| Failure::Unreadable(format!("no list from {CONTRACTORS}")))?;
    for item in items {
        let contractor: Contractor = wire::object("contractor", item)?;
        // A server that ignores the filter shows everyone.
        if contractor.has_email(email) {
            return Ok(Some(contractor));
        }
    }
    Ok(None)
}

async fn by_reading_all(run: &Run<'_>, email: &str) -> Result<Option<Contractor>, Failure> {
    let page_size = run.policy.config().page_size;
    let walk = Walk { path: CONTRACTORS, filter: None, since: None, page_size };
    let walked: Walked<Contractor> = pages::walk(run.policy.client(), &walk).await?;
    Ok(walked.items.into_iter().find(|contractor| contractor.has_email(email)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use workflow_core::domain::facts::Place;

    #[test]
    fn a_message_that_goes_into_the_log_does_not_name_the_person() {
        let person = Person {
            first_name: "Anna Maria".into(),
            last_name: "Oe".into(),
            email: None,
            phone: Some("(510) 555-0142".into()),
            home: Place::default(),
        };
        let message = "contractor 'ANNA Oe' (510) 555-0142. does not fit: Annapolis, no phone";
        let masked = without_words_of(&person, message);
        let expected = "contractor [personal] [personal] [personal] [personal] does not fit: Annapolis, no phone";
        assert_eq!(masked, expected);
    }
}
