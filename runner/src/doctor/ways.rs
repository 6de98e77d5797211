//! Other ways to ask for the same, to be tried where the one in force does not work: the other form of the token's header, the
//! other prefix, another form or width of the window, the employee instead of the placement, any envelope; and what is said
//! of one that works.

use std::time::Duration;

use integration_jobdiva::config::TokenHeader;
use integration_jobdiva::operations::{
    EnvelopeForm, Operation, Param, Pattern, Spec, written_duration,
};
use integration_jobdiva::probe::Outcome;

use super::finding::{Code, Finding, Line, Severity, Sure, quoted};
use super::jobdiva::found;

/// How windows' ends have been seen to be written.
const WINDOW_FORMS: [&str; 5] = [
    "MM/dd/yyyy HH:mm:ss",
    "yyyy-MM-dd'T'HH:mm:ss",
    "yyyy-MM-dd HH:mm:ss",
    "dd/MM/yyyy HH:mm:ss",
    "dd.MM.yyyy HH:mm:ss",
];

/// How wide windows may be, where the service does not say it in days: the widest that works is taken.
const WINDOWS_SECS: [u64; 6] = [6 * DAY, 3 * DAY, DAY, DAY / 2, DAY / 4, DAY / 12];
const DAY: u64 = 86_400;

/// Another way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// With the token written so.
    Header(TokenHeader),
    /// In windows no wider than this.
    Window(Duration),
    /// The same for every operation.
    Windows(Duration),
    /// At another path.
    Path(String),
    /// With the window's ends in another form.
    WindowFormat(Pattern),
    /// For the employee, by this parameter's name, instead of the placement.
    Employee(String),
    /// In whatever envelope it comes.
    AnyEnvelope,
}

/// What may be tried after an outcome, each with the spec that it makes.
pub(super) fn of(operation: Operation, spec: &Spec, outcome: &Outcome) -> Vec<(Way, Spec)> {
    let mut ways = Vec::new();
    let mut add = |way: Way, change: &dyn Fn(&mut Spec)| {
        let mut other = spec.clone();
        change(&mut other);
        if other != *spec && other.check(operation).is_empty() {
            ways.push((way, other));
        }
    };
    match outcome {
        Outcome::NotThere => {
            let other = match spec.path.strip_prefix("/apiv2/bi/") {
                Some(method) => format!("/api/bi/{method}"),
                None => spec.path.replacen("/api/bi/", "/apiv2/bi/", 1),
            };
            for path in [operation.usual().path, other] {
                add(Way::Path(path.clone()), &|spec| spec.path.clone_from(&path));
            }
        }
        Outcome::WrongParameter { .. } => {
            for form in WINDOW_FORMS.iter().filter_map(|form| form.parse::<Pattern>().ok()) {
                add(Way::WindowFormat(form.clone()), &|spec| {
                    if let Some(window) = &mut spec.window {
                        window.format = form.clone();
                    }
                });
            }
            if operation == Operation::PlacementAssignment {
                let name = "employeeId".to_owned();
                add(Way::Employee(name.clone()), &|spec| {
                    spec.params.insert(Param::Placement, String::new());
                    spec.params.insert(Param::Employee, name.clone());
                });
            }
        }
        Outcome::WindowTooWide { message } => {
            for max in narrower(message) {
                add(Way::Window(max), &|spec| {
                    if let Some(window) = &mut spec.window {
                        window.max = window.max.min(max);
                    }
                });
            }
        }
        Outcome::ShapeDiffers { .. } => {
            add(Way::AnyEnvelope, &|spec| spec.envelope = EnvelopeForm::Auto);
        }
        Outcome::Ok { .. }
        | Outcome::Empty
        | Outcome::SwitchedOff
        | Outcome::NotAsked { .. }
        | Outcome::NotGranted { .. }
        | Outcome::LoginRefused { .. }
        | Outcome::Failed { .. } => {}
    }
    ways
}

/// Widths to try, the widest first: a day less than the service allows in its own words, for the clocks change in spring.
fn narrower(message: &str) -> Vec<Duration> {
    let words: Vec<&str> = message.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let said = words.windows(2).find(|pair| pair[1].eq_ignore_ascii_case("days"));
    let days: Option<u64> = said.and_then(|pair| pair[0].parse().ok());
    let told = days.filter(|days| (2..=366).contains(days)).map(|days| (days - 1) * DAY);
    let untold = WINDOWS_SECS.into_iter().filter(|width| told.is_none_or(|told| *width < told));
    told.into_iter().chain(untold).map(Duration::from_secs).collect()
}

/// What is said of another way that works.
pub(super) fn by_another_way(
    operation: Operation,
    about: &str,
    outcome: &Outcome,
    way: &Way,
) -> Finding {
    let was = match outcome {
        Outcome::NotThere => "it answers as an unknown path does",
        Outcome::WrongParameter { .. } => "its parameters are refused",
        Outcome::WindowTooWide { .. } => "so wide a window does not work",
        Outcome::ShapeDiffers { .. } => "its answer has another shape than is configured",
        Outcome::Ok { .. }
        | Outcome::Empty
        | Outcome::SwitchedOff
        | Outcome::NotAsked { .. }
        | Outcome::NotGranted { .. }
        | Outcome::LoginRefused { .. }
        | Outcome::Failed { .. } => "it does not work as configured",
    };
    let own = table(operation);
    let person = |code, what: String| {
        found(Severity::Person, code, about, format!("{was}; {what}")).todo("use what works")
    };
    let max = |table: &str, max: &Duration| {
        Line::text(format!("{table}.window"), "max", &written_duration(*max), Sure::Known)
    };
    match way {
        Way::Header(header) => {
            let (word, what) = match header {
                TokenHeader::Bearer => ("bearer", "the token behind `Bearer` is taken"),
                TokenHeader::Raw => ("raw", "the bare token is taken"),
            };
            let line = Line::text("jobdiva", "token_header", word, Sure::Known);
            person(Code::TokenHeader, what.to_owned()).line(line)
        }
        Way::Window(width) => {
            let what = format!("windows of {} work", written_duration(*width));
            person(Code::WindowWidth, what).line(max(&own, width))
        }
        Way::Windows(width) => {
            let what = format!("windows of {} work", written_duration(*width));
            person(Code::WindowWidth, what).line(max("jobdiva.operation.\"*\"", width))
        }
        Way::Path(path) => {
            let line = Line::text("jobdiva.paths", operation.name(), path, Sure::Known);
            person(Code::Path, format!("{path} works")).line(line)
        }
        Way::WindowFormat(form) => {
            let line =
                Line::text(format!("{own}.window"), "format", &form.to_string(), Sure::Known);
            person(Code::WindowFormat, format!("ends of windows as {form} work")).line(line)
        }
        Way::Employee(name) => {
            let params = format!("{own}.params");
            let none = Line::text(params.clone(), "placement_id", "", Sure::Known);
            let line = Line::text(params, "employee_id", name, Sure::Known);
            let what = "asking for the employee works".to_owned();
            person(Code::Parameter, what).line(none).line(line)
        }
        Way::AnyEnvelope => {
            let line = Line::text(own, "envelope", "auto", Sure::Known);
            person(Code::Envelope, "it can be read all the same".to_owned()).line(line)
        }
    }
}

/// The table of an operation, below the tenant.
pub(super) fn table(operation: Operation) -> String {
    format!("jobdiva.operation.{}", quoted(operation.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_width_is_taken_from_the_services_words_or_found_by_trying() {
        let days = |message: &str| -> Vec<u64> {
            narrower(message).iter().map(|width| width.as_secs() / DAY).collect()
        };
        assert_eq!(days("Date range more than 8 days, metric name = X")[0], 7);
        assert_eq!(days("Date range more than 36 hours")[0], 6);
        assert_eq!(days("Date range more than 3 days, metric name = X")[..2], [2, 1]);
    }
}
