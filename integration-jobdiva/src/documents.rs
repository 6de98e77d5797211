//! A candidate's files: which there are, which of them may be certificates, and what is in one.
//!
//! The API looks a file up by its name, never by its id, so two files of one name cannot be told apart: the newer one is
//! given for both, and whoever keeps them knows them by their content. A tenant without the document methods has no
//! files here. Deliberately absent: judging what is in a file, which is the workflow's.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use workflow_core::domain::facts::{CandidateId, PersonalText, PlacementId};

use crate::JobDiva;
use crate::error::Error;
use crate::operations::{Field, Operation, Param};
use crate::wire::columns::Kind;
use crate::wire::reader::Reader;
use crate::wire::row::Row;
use crate::wire::scalar;

/// One file of a candidate, as listed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// Among what.
    pub among: Among,
    /// Its id, where it has one.
    pub id: Option<String>,
    /// Its name.
    pub name: PersonalText,
    /// Its type, in the tenant's words.
    pub kind: Option<String>,
    /// When it was uploaded, as JobDiva writes it.
    pub uploaded: Option<String>,
}

/// Where a file is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Among {
    /// The candidate's attachments.
    Attachments,
    /// The onboarding documents of a placement.
    Onboarding(PlacementId),
}

/// What makes a file a certificate: its type, or words of its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patterns {
    /// Types of attachments, in the tenant's words; case does not count.
    pub types: Vec<String>,
    /// Words that stand in the name one after the other; a `*` at a word's begin or end stands for anything.
    pub names: Vec<String>,
}

impl Default for Patterns {
    fn default() -> Self {
        let own = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self {
            types: own(&["COI", "Certificate of Insurance", "Insurance Certificate", "Insurance"]),
            names: own(&[
                "coi",
                "certificate of insurance",
                "insurance certificate",
                "certificate of liability*",
                "acord*",
            ]),
        }
    }
}

impl Patterns {
    /// Whether a file of this type and name may be a certificate.
    ///
    /// ```
    /// use integration_jobdiva::documents::Patterns;
    ///
    /// let usual = Patterns::default();
    /// assert!(usual.fits(Some("coi"), "scan.pdf"));
    /// assert!(usual.fits(None, "Okafor_COI_2026.pdf"));
    /// assert!(usual.fits(Some("Other"), "Certificate-of-Insurance (1).PDF"));
    /// assert!(!usual.fits(Some("Other"), "Coinage resume.pdf"));
    /// ```
    pub fn fits(&self, kind: Option<&str>, name: &str) -> bool {
        let same = |own: &String| kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case(own));
        let words = words(name, |c| c.is_alphanumeric());
        self.types.iter().any(same) || self.names.iter().any(|pattern| in_order(pattern, &words))
    }
}

fn words(text: &str, belongs: impl Fn(char) -> bool) -> Vec<String> {
    let parts = text.split(|c: char| !belongs(c)).filter(|word| !word.is_empty());
    parts.map(str::to_lowercase).collect()
}

fn in_order(pattern: &str, words_of_name: &[String]) -> bool {
    let wanted = words(pattern, |c| c.is_alphanumeric() || c == '*');
    !wanted.is_empty()
        && words_of_name
            .windows(wanted.len())
            .any(|window| window.iter().zip(&wanted).all(|(word, wanted)| is(word, wanted)))
}

fn is(word: &str, wanted: &str) -> bool {
    match (wanted.strip_prefix('*'), wanted.strip_suffix('*')) {
        (None, None) => word == wanted,
        (Some(end), None) => word.ends_with(end),
        (None, Some(begin)) => word.starts_with(begin),
        (Some(_), Some(_)) => word.contains(wanted.trim_matches('*')),
    }
}

impl JobDiva {
    /// The files of a candidate: the attachments, and the onboarding documents of these placements.
    ///
    /// Fails when JobDiva cannot be read; a method that is not granted gives nothing.
    pub async fn documents(
        &self,
        candidate: &CandidateId,
        placements: &BTreeSet<PlacementId>,
    ) -> Result<Vec<Listed>, Error> {
        let id = candidate.as_str();
        if scalar::id(id) != Ok(Some(id)) {
            return Ok(Vec::new());
        }
        let attachments = self.listed(Operation::DocumentList, id).await?;
        let own = attachments.iter().filter_map(|row| listed(row, Among::Attachments));
        let mut found: Vec<Listed> = own.collect();
        for row in self.listed(Operation::OnboardingList, id).await? {
            // Assigned and not handed in yet: there is nothing to read.
            if row.text(Field::UploadedOn).is_none() {
                continue;
            }
            let named = row.text(Field::Placement).map(PlacementId::from);
            let of: Vec<PlacementId> = match named {
                Some(placement) => placements.get(&placement).cloned().into_iter().collect(),
                None => placements.iter().cloned().collect(),
            };
            found.extend(of.into_iter().filter_map(|of| listed(&row, Among::Onboarding(of))));
        }
        Ok(found)
    }

    /// What is in a file; `None` when JobDiva gives nothing under that name.
    pub async fn document(
        &self,
        candidate: &CandidateId,
        file: &Listed,
    ) -> Result<Option<Vec<u8>>, Error> {
        let (id, name) = (candidate.as_str(), file.name.as_str());
        let (operation, rows) = match &file.among {
            Among::Attachments => {
                let operation = Operation::DocumentGet;
                (
                    operation,
                    self.client()
                        .rows(
                            operation,
                            &[(Param::Candidate, id), (Param::FileName, name)],
                            Kind::Content,
                        )
                        .await?,
                )
            }
            Among::Onboarding(placement) => {
                let (operation, of) = (Operation::OnboardingGet, placement.as_str());
                let values =
                    [(Param::Candidate, id), (Param::Placement, of), (Param::FileName, name)];
                (operation, self.client().rows(operation, &values, Kind::Content).await?)
            }
        };
        let mut reader = Reader::new(&self.client().zone);
        let texts =
            rows.iter().filter_map(|row| reader.text(operation.name(), row, Field::FileContent));
        let Some(text) = texts.last() else { return Ok(None) };
        let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let why = || "what is in the file is no base64".to_owned();
        let bytes = STANDARD
            .decode(digits)
            .map_err(|_| Error::Unreadable { operation: operation.name(), why: why() })?;
        Ok(Some(bytes))
    }

    async fn listed(&self, operation: Operation, candidate: &str) -> Result<Vec<Row>, Error> {
        match self.client().rows(operation, &[(Param::Candidate, candidate)], Kind::Document).await
        {
            Err(Error::NotGranted { .. }) => Ok(Vec::new()),
            rows => rows,
        }
    }
}

fn listed(row: &Row, among: Among) -> Option<Listed> {
    let text = |column| row.text(column).map(str::to_owned);
    Some(Listed {
        among,
        id: text(Field::Id),
        name: PersonalText(text(Field::FileName)?),
        kind: text(Field::FileType),
        uploaded: text(Field::UploadedOn),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_by_whole_words_in_order_and_stars_stand_for_anything() {
        let only = |names: &[&str]| Patterns {
            types: Vec::new(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
        };
        for (pattern, name, fits) in [
            ("coi", "Kim Doe-COI.pdf", true),
            ("coi", "coincidence.pdf", false),
            ("*coi*", "KimCOI2026.pdf", true),
            ("acord*", "acord25.pdf", true),
            ("certificate of insurance", "insurance of certificate.pdf", false),
            ("certificate of insurance", "2026 Certificate_of_Insurance.pdf", true),
            ("", "anything.pdf", false),
        ] {
            assert_eq!(only(&[pattern]).fits(None, name), fits, "{pattern}: {name}");
        }
        assert!(!only(&["coi"]).fits(None, ""));
    }
}
