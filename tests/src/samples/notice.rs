//! Samples of a notice's events.

use workflow_core::domain::notice::{Event, EventKind, Note, Topic};
use workflow_core::time::Timestamp;

use super::all;

/// The samples of one kind; at least one.
pub fn events(kind: EventKind) -> Vec<Event> {
    let until = Timestamp::from_secs(1_774_569_600);
    match kind {
        EventKind::NoticeOwed => all(topic)
            .into_iter()
            .map(|topic| Event::NoticeOwed { note: note(topic), until })
            .collect(),
        EventKind::NoticeDelivered => vec![Event::NoticeDelivered],
        EventKind::NoticeUnwanted => vec![Event::NoticeUnwanted],
        EventKind::NoticeParked => vec![Event::NoticeParked],
        EventKind::NoticeRetried => {
            vec![Event::NoticeRetried { until, reason: "their server is back".into() }]
        }
        EventKind::NoticeDropped => {
            vec![Event::NoticeDropped { reason: "they were told by telephone".into() }]
        }
    }
}

fn topic(before: Option<&Topic>) -> Option<Topic> {
    match before {
        None => Some(Topic::LinkReady),
        Some(Topic::LinkReady) => Some(Topic::Flagged),
        Some(Topic::Flagged) => Some(Topic::Active),
        Some(Topic::Active) => Some(Topic::GapAhead),
        Some(Topic::GapAhead) => None,
    }
}

fn note(topic: Topic) -> Note {
    let link = "https://apply.insurer.test/session/as_8f3a2b".to_owned();
    let day = "2026-04-06".parse().expect("a date");
    Note {
        endpoint: "office".into(),
        id: "msg_4f1c8e2a9b7d6035c4e1f208".into(),
        topic,
        placement: "51000791".into(),
        at: Timestamp::from_secs(1_774_267_200),
        state: "ApplicationPending".into(),
        link: (topic == Topic::LinkReady).then_some(link),
        uncovered_from: (topic == Topic::GapAhead).then_some(day),
    }
}
