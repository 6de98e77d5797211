//! Every family of metrics: its name, its type, its labels, and what it says. `docs/metrics.md` has the same table.
//!
//! Labels are names of the configuration, of states, systems, operations and loops: few, and known before. Never a
//! placement's id, which would make a series of each, nor anything of a person.

/// How a family is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Goes up and down.
    Gauge,
    /// Only goes up while the process lives.
    Counter,
    /// Counts by how long something took.
    Histogram,
}

impl Kind {
    /// Its word in the text.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Gauge => "gauge",
            Kind::Counter => "counter",
            Kind::Histogram => "histogram",
        }
    }
}

/// A family of metrics.
#[derive(Debug, PartialEq, Eq)]
pub struct Family {
    /// Its name.
    pub name: &'static str,
    /// How it is read.
    pub kind: Kind,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// What it says.
    pub help: &'static str,
}

macro_rules! families {
    ($($id:ident: $kind:ident $name:literal [$($label:literal),*] $help:literal;)*) => {
        $(
            #[doc = $help]
            pub static $id: Family = Family {
                name: $name,
                kind: Kind::$kind,
                labels: &[$($label),*],
                help: $help,
            };
        )*
        /// All of them, as they stand in the text.
        pub static ALL: &[&Family] = &[$(&$id),*];
    };
}

families! {
    BUILD: Gauge "workflow_build_info" ["version"] "1, with the program's version.";
    STARTED: Gauge "workflow_start_time_seconds" [] "When the process began, in seconds since 1970.";
    PLACEMENTS: Gauge "workflow_placements" ["tenant", "state"] "Placements by state.";
    UNSYNCED: Gauge "workflow_oldest_unsynced_seconds" ["tenant"] "For how long the placement that has waited longest for our own work (a call or a message) has not moved; 0 when none waits. The service level to alert on.";
    PEOPLE: Gauge "workflow_needs_person" ["tenant", "workflow"] "Instances that wait for a person.";
    PEOPLE_OLDEST: Gauge "workflow_needs_person_oldest_seconds" ["tenant"] "For how long the one that has waited longest for a person has not moved; 0 when none waits.";
    UNCOVERED: Gauge "workflow_uncovered_starts" ["tenant", "within_days"] "Placements in scope without coverage whose work has begun or begins within so many days.";
    INBOX: Gauge "workflow_inbox_waiting" ["tenant"] "Deliveries that were taken in and not worked off yet.";
    INBOX_OLDEST: Gauge "workflow_inbox_oldest_seconds" ["tenant"] "For how long the oldest of them has waited; 0 when none waits.";
    PARKED: Gauge "workflow_parked" ["tenant", "kind"] "Dead letters: deliveries that nobody understood, notices that no endpoint took.";
    OWED: Gauge "workflow_calls_owed" ["tenant"] "Calls that states are owed.";
    FAILING: Gauge "workflow_calls_waiting" ["tenant"] "Of them, those that wait for their next try.";
    IN_FLIGHT: Gauge "workflow_calls_in_flight" [] "Calls under way.";
    HELD: Gauge "workflow_calls_held" [] "Calls that may not be tried: paused, or refused credentials.";
    ATTEMPTS: Counter "workflow_attempts_total" ["tenant", "system", "operation", "outcome"] "Attempts at calls by what they came to: answered, not_sent (no trace left), unknown (may have had its effect), burned (a failure is stored under its key).";
    LOOKED_UP: Counter "workflow_reconciliations_total" ["tenant", "system"] "Attempts that looked up first whether an earlier one had its effect.";
    ATTEMPT_SECONDS: Histogram "workflow_attempt_duration_seconds" ["system"] "How long attempts took.";
    BREAKER: Gauge "workflow_breaker_state" ["tenant", "system", "state"] "1 for the state that the breaker is in: closed, open or probing.";
    RATE: Gauge "workflow_rate_per_minute" ["tenant", "system", "limit"] "Requests a minute that a limit allows at present.";
    WAITED: Counter "workflow_rate_waits_total" ["tenant", "system"] "Requests that waited a moment for their turn.";
    PUT_OFF: Counter "workflow_rate_put_off_total" ["tenant", "system"] "Requests that were put off until later.";
    SILENCE: Gauge "workflow_poll_silence_seconds" ["tenant", "system"] "Since when a system was last looked at without fail; since the start where it never was.";
    REFUSED: Gauge "workflow_credentials_refused" ["tenant", "system"] "1 while a system refuses the tenant's credentials.";
    PAUSED: Gauge "workflow_paused" ["tenant", "what"] "1 for what a person paused, or an endpoint that wants no more: tenant, jobdiva, 1099policy, notify.";
    DOOR: Counter "workflow_webhook_requests_total" ["result"] "Requests at the webhook door: kept, duplicate, refused, turned_away, unknown, outside, limited.";
    HOOK_TAKEN: Counter "workflow_webhook_accepted_total" ["tenant", "source"] "Webhooks taken, by source.";
    HOOK_PREVIOUS: Counter "workflow_webhook_previous_secret_total" ["tenant", "source"] "Of them, those signed with the previous secret: a rotation is over when this stands still.";
    HOOK_REFUSED: Counter "workflow_webhook_refused_total" ["tenant", "source"] "Webhooks refused, by source: badly signed, too large, no message.";
    POSITION: Gauge "workflow_log_position" [] "The position after the last event of the log.";
    LOG_BYTES: Gauge "workflow_log_bytes" [] "The size of the log's folder.";
    LOG_ROOM: Gauge "workflow_log_has_room" [] "0 while the disk is too full for anything new.";
    APPEND_SECONDS: Histogram "workflow_log_append_duration_seconds" [] "How long making a group of events durable took.";
    TICK: Gauge "workflow_loop_last_tick_seconds" ["loop"] "Since when a loop has not come round; /livez says which are stuck.";
    UNREAD: Gauge "workflow_unread" ["tenant"] "Placements and windows that JobDiva could not give; they are asked for again.";
}
