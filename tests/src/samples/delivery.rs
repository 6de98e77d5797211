//! Samples of a delivery's events.

use std::collections::BTreeMap;

use workflow_core::inbox::{Delivery, Event, EventKind};

/// The samples of one kind; at least one.
pub fn events(kind: EventKind) -> Vec<Event> {
    match kind {
        EventKind::DeliveryReceived => {
            let subjects = [("policy", "pl_3WutvP0DJl"), ("quote", "qt_mT4kAe81Zc")];
            let subjects = subjects.map(|(name, id)| (name.to_owned(), id.to_owned()));
            let delivery = |source: &str, kind: &str, subjects| Delivery {
                source: source.to_owned(),
                kind: kind.to_owned(),
                subjects,
                size: 1_284,
                sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
            };
            vec![
                Event::DeliveryReceived {
                    delivery: delivery("insurer", "policy.active", BTreeMap::from(subjects)),
                },
                Event::DeliveryReceived {
                    delivery: delivery("ats", "start.updated", BTreeMap::new()),
                },
            ]
        }
        EventKind::DeliverySettled => {
            vec![Event::DeliverySettled { outcome: "policy pl_3WutvP0DJl read back".into() }]
        }
        EventKind::DeliveryParked => {
            vec![Event::DeliveryParked { reason: "its body is no JSON".into() }]
        }
        EventKind::DeliveryDropped => {
            vec![Event::DeliveryDropped { reason: "it was a trial of the provider's".into() }]
        }
        EventKind::DeliveryReopened => {
            vec![Event::DeliveryReopened { reason: "the provider mended it".into() }]
        }
    }
}
