//! What a tenant's JobDiva could not give: placements to be read again, and rows that no placement could be made of.
//!
//! Kept beside the cursors of the polls, so that a cursor may move on although one placement cannot be read, and nothing
//! is forgotten meanwhile. A person sees it in `runner list`.

use std::collections::{BTreeMap, BTreeSet};

use integration_jobdiva::invoice::Billed;
use serde::{Deserialize, Serialize};
use workflow_core::store::{Store, StoreError};

/// So many rows are kept; they repeat while their cause lasts.
const ROWS_MAX: usize = 20;

/// What could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// By placement: why.
    pub placements: BTreeMap<String, String>,
    /// Invoices whose weeks could not be read yet.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub billed: BTreeSet<Billed>,
    /// Rows of feeds without a usable id, and windows that were passed over, newest last.
    pub rows: Vec<String>,
}

impl Unread {
    /// What is kept for a tenant. What cannot be understood is as good as nothing: the daily reading finds all again.
    pub fn load(store: &dyn Store, tenant: &str) -> Result<Self, StoreError> {
        let kept = store.cursor(&name(tenant))?;
        Ok(kept.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
    }

    /// Keeps it, when it changed.
    pub fn save(&self, store: &dyn Store, tenant: &str) -> Result<(), StoreError> {
        if Self::load(store, tenant)? == *self {
            return Ok(());
        }
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        store.set_cursor(&name(tenant), &bytes)
    }

    /// Notes a row, once.
    pub fn row(&mut self, text: String) {
        if !self.rows.contains(&text) {
            self.rows.push(text);
        }
        let over = self.rows.len().saturating_sub(ROWS_MAX);
        self.rows.drain(..over);
    }
}

fn name(tenant: &str) -> String {
    format!("{tenant}/unread")
}
