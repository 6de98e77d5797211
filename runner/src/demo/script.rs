//! What happens in the demo's world by itself: one contractor never finishes the application, one policy is cancelled.

use std::collections::BTreeMap;
use std::time::Duration;

use integration_1099policy::simulator::{Application, Script, Simulator};
use integration_jobdiva::simulator::seed;
use workflow_core::domain::Insurance;
use workflow_core::domain::placement::{Evidence, Placement, State};
use workflow_core::engine::Engine;
use workflow_core::id::StreamId;
use workflow_core::time::Timestamp;

use super::TENANT;

/// The candidate with a certificate of their own, who sees no reason to apply.
const ABANDONS: &str = "70011000059";
/// The placement whose policy is cancelled...
const LOSES: &str = "51000796";
/// ...so long after the start.
const LOSES_AFTER: Duration = Duration::from_secs(5 * 24 * 3600);

/// What each contractor does with an application; all others complete it.
pub fn contractors() -> BTreeMap<String, Script> {
    BTreeMap::from([(ABANDONS.to_owned(), Script::of(Application::Abandon))])
}

/// When somebody looks on, the one who let an application run out would finish the next, within a minute: so that a person
/// who settles the flag sees what comes of it.
pub fn relent(policy: &Simulator) {
    let soon = Script { start_after_secs: 10, finish_after_secs: 30, ..Script::default() };
    policy.script(ABANDONS, soon);
}

/// Whether anything may happen by now.
#[cfg(feature = "postgres")]
pub(super) fn is_due(now: Timestamp) -> bool {
    now.since(seed::START) >= LOSES_AFTER
}

/// Lets happen what is due. Asking again changes nothing: the placement is flagged by then.
pub fn happen(engine: &Engine<Insurance>, policy: &Simulator, now: Timestamp) {
    if now.since(seed::START) < LOSES_AFTER {
        return;
    }
    let Ok(stream) = StreamId::new("placement", TENANT, LOSES) else { return };
    if let Ok(Some(State::Active { coverage, .. })) = engine.state::<Placement>(&stream)
        && let Evidence::Policy { policy: id, .. } = &coverage.evidence
    {
        policy.cancel_policy(id.as_str());
    }
}
