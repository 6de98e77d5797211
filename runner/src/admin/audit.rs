//! The admin door's answers to an auditor's questions, told while they are found; see `crate::audit`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use tokio::runtime::Handle;
use workflow_core::id::{Position, StreamId};

use super::Door;
use super::log::{streamed, tell};
use crate::audit::{self, Question, Source, Told, With};
use crate::disclosure::{self, Why};

pub(super) async fn ask(State(door): State<Arc<Door>>, Json(question): Json<Question>) -> Response {
    let store = Arc::clone(door.engine.store());
    let (vault, zones) = (door.engine.vault().cloned(), door.zones.clone());
    let now = door.engine.clock().now();
    let (engine, runtime) = (door.engine.clone(), Handle::current());
    streamed(door.stopped.clone(), move |out| {
        let with = With { source: Source::Store(&*store), vault, zones, now };
        let mut disclose = |why: &Why, of: &StreamId, position: Position| {
            runtime.block_on(disclosure::keep(&engine, why, of, position))
        };
        match audit::answer_openly(&question, &with, &mut disclose, &mut |told| tell(out, &told)) {
            Ok(()) => Ok(()),
            Err(trouble) => tell(out, &Told::Failed { why: trouble.why, kind: trouble.kind }),
        }
    })
}
