//! Samples of a gate's events.

use workflow_core::domain::gate::{Event, EventKind};
use workflow_core::id::StreamId;

/// The samples of one kind; at least one.
pub fn events(kind: EventKind) -> Vec<Event> {
    let by = || "kim".to_owned();
    match kind {
        EventKind::Paused => {
            vec![Event::Paused { by: by(), reason: "the client moves to another ATS".into() }]
        }
        EventKind::Resumed => vec![Event::Resumed { by: by(), reason: "the move is done".into() }],
        EventKind::Removed => {
            vec![Event::Removed { by: by(), reason: "the placement was called off".into() }]
        }
        EventKind::Retried => {
            let reason = "their support says that it works again".to_owned();
            vec![Event::Retried { by: by(), reason, calls: 12 }]
        }
        EventKind::Disclosed => {
            let reason = "the insurer asks what was sent".to_owned();
            let of = StreamId::new("placement", "acme", "51000777").expect("a stream's name");
            vec![Event::Disclosed { by: by(), reason, of, position: 77 }]
        }
    }
}
