//! `runner show`: one placement as it stands.

use clap::Args;
use serde_json::Value;
use workflow_core::domain::Insurance;
use workflow_core::domain::by_hand::{ByHand, Included, SetFact};
use workflow_core::domain::call::Wage;
use workflow_core::engine::Engine;
use workflow_core::id::StreamId;

use super::ask::{self, Ask};
use super::{Failure, Outcome, Place, say, say_json};
use crate::admin::Address;
use crate::views::{self, Shown};

/// Show one placement.
///
/// Why it is there, what it waits for, what is known.
///
/// Example: runner show 51000777
///
/// Example: runner show acme/51000777 --json
#[derive(Debug, Args)]
pub(super) struct Show {
    /// The placement's id in JobDiva; with several tenants, TENANT/ID.
    id: String,
    #[command(flatten)]
    place: Place,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Show {
    pub(super) async fn run(self) -> Outcome {
        let shown: Shown = match self.place.ask().await? {
            Ask::Running(address) => {
                let path = remote_path(&address, &self.id).await?;
                ask::get(&address, &path).await?
            }
            Ask::Stopped(dir) => ask::with_engine(&dir, |engine| {
                let stream = local_stream(engine, &self.id)?;
                let shown = views::show(engine, &stream, &[]).map_err(Failure::Failed)?;
                shown.ok_or_else(|| unknown(&self.id))
            })?,
        };
        if self.json {
            return say_json(&shown);
        }
        let line = &shown.line;
        say(&format!("placement {} of {}", line.id, line.tenant))?;
        say(&format!("  state    {} since {}", line.state, line.updated_at))?;
        say(&format!("  why      {}", line.why))?;
        for wait in &line.waits {
            say(&format!("  waits    for {wait}"))?;
        }
        for line in by_hand(&shown.state) {
            say(&format!("  by hand  {line}"))?;
        }
        for (name, value) in facts(&shown.state) {
            say(&format!("  {name:<8} {value}"))?;
        }
        say(&format!("  events   {}; see: runner history {}", line.events, line.id))
    }
}

/// The facts that a person looks for, wherever the state keeps them.
fn facts(state: &Value) -> Vec<(&'static str, String)> {
    let names = [
        ("role", "/job/name"),
        ("client", "/company"),
        ("wage", "/job/wage"),
        ("from", "/window/first_day"),
        ("to", "/window/last_day"),
    ];
    let Some(terms) = find(state, "terms") else { return Vec::new() };
    let text = |value: &Value| match (value, serde_json::from_value::<Wage>(value.clone())) {
        (_, Ok(wage)) => wage.to_string(),
        (Value::String(text), _) => text.clone(),
        (other, _) => other.to_string(),
    };
    let fact = |(name, path): (&'static str, &str)| terms.pointer(path).map(|v| (name, text(v)));
    names.into_iter().filter_map(fact).collect()
}

/// What people decided, beside what JobDiva says.
fn by_hand(state: &Value) -> Vec<String> {
    let decided = find(state, "by_hand").cloned().unwrap_or_default();
    let Ok(ByHand { facts, included }) = serde_json::from_value(decided) else { return Vec::new() };
    let fact = |SetFact { fact, ats, by, reason }: SetFact| {
        let (name, value) = (fact.name(), fact.value());
        format!("{name} {value}, by {by}: {reason} (while JobDiva says: {ats})")
    };
    let included = included.map(|Included { over, by, reason }| {
        format!("in scope, by {by}: {reason} (although: {over})")
    });
    facts.into_iter().map(fact).chain(included).collect()
}

fn find<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Object(map) => {
            map.get(name).or_else(|| map.values().find_map(|inner| find(inner, name)))
        }
        Value::Array(items) => items.iter().find_map(|inner| find(inner, name)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

pub(super) fn unknown(id: &str) -> Failure {
    Failure::NotFound(format!("no placement is called {id}; `runner list` shows all"))
}

/// The one placement called so, in a stopped log.
pub(super) fn local_stream(engine: &Engine<Insurance>, id: &str) -> Result<StreamId, Failure> {
    let mut called = views::placements_called(engine, id);
    match (called.pop(), called.is_empty()) {
        (Some(stream), true) => Ok(stream),
        (None, _) => Err(unknown(id)),
        (Some(_), false) => {
            Err(Failure::Usage(format!("several tenants have a placement {id}: say TENANT/{id}")))
        }
    }
}

/// The path of the one placement called so, at a running process.
pub(super) async fn remote_path(address: &Address, id: &str) -> Result<String, Failure> {
    if let Some((tenant, id)) = id.split_once('/') {
        return Ok(format!("/v1/placements/{tenant}/{id}"));
    }
    let list: views::List = ask::get(address, "/v1/placements").await?;
    let mut called = list.placements.iter().filter(|line| line.id == id);
    match (called.next(), called.next()) {
        (Some(line), None) => Ok(format!("/v1/placements/{}/{}", line.tenant, line.id)),
        (None, _) => Err(unknown(id)),
        (Some(_), Some(_)) => {
            Err(Failure::Usage(format!("several tenants have a placement {id}: say TENANT/{id}")))
        }
    }
}
