//! Other ways to ask for the same, to be tried where the one in force does not work: the other prefix, another form of the
//! window's ends, the employee instead of the placement, any envelope.

use integration_jobdiva::operations::{EnvelopeForm, Operation, Param, Pattern, Spec};
use integration_jobdiva::probe::Outcome;

/// How windows' ends have been seen to be written.
const WINDOW_FORMS: [&str; 5] = [
    "MM/dd/yyyy HH:mm:ss",
    "yyyy-MM-dd'T'HH:mm:ss",
    "yyyy-MM-dd HH:mm:ss",
    "dd/MM/yyyy HH:mm:ss",
    "dd.MM.yyyy HH:mm:ss",
];

/// Another way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Way {
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
