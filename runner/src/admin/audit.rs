//! The admin door's answers to an auditor's questions, told while they are found; see `crate::audit`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;

use super::Door;
use super::log::{streamed, tell};
use crate::audit::{self, Question, Source, Told, With};

pub(super) async fn ask(State(door): State<Arc<Door>>, Json(question): Json<Question>) -> Response {
    let store = Arc::clone(door.engine.store());
    let (vault, zones) = (door.engine.vault().cloned(), door.zones.clone());
    let now = door.engine.clock().now();
    streamed(door.stopped.clone(), move |out| {
        let with = With { source: Source::Store(&*store), vault, zones, now };
        match audit::answer(&question, &with, &mut |told| tell(out, &told)) {
            Ok(()) => Ok(()),
            Err(trouble) => tell(out, &Told::Failed { why: trouble.why, kind: trouble.kind }),
        }
    })
}
