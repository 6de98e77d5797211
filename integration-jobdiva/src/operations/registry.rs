//! How one tenant's operations are carried out: the usual specs with the tenant's changes.
//!
//! The runner reads the changes out of configuration; here they are plain data. [`Registry::differences`] tells what a
//! tenant does otherwise, for people.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::Operation;
use super::spec::{BadSpec, Spec, Window};
use crate::config::Login;

/// Every operation's spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registry(BTreeMap<Operation, Spec>);

/// One key in which a tenant differs from the usual.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The operation.
    pub operation: Operation,
    /// The key; one in a table has the table before a dot.
    pub key: String,
    /// What is usual; `null` for nothing.
    pub usual: Value,
    /// What the tenant has; `null` for nothing.
    pub own: Value,
}

impl Default for Registry {
    fn default() -> Self {
        Self(Operation::ALL.iter().map(|operation| (*operation, operation.usual())).collect())
    }
}

impl Registry {
    /// How an operation is carried out.
    pub fn of(&self, operation: Operation) -> &Spec {
        self.0.get(&operation).expect("every operation has a spec")
    }

    /// The same, to be changed. Whether the change can work is said by [`Registry::check`].
    ///
    /// ```
    /// use integration_jobdiva::operations::{Operation, Registry};
    ///
    /// let mut registry = Registry::default();
    /// registry.of_mut(Operation::PayDelta).path = "/api/bi/NewUpdatedSalaryRecords".into();
    /// assert!(registry.check().is_ok());
    /// assert_eq!(registry.differences()[0].key, "path");
    /// ```
    pub fn of_mut(&mut self, operation: Operation) -> &mut Spec {
        self.0.get_mut(&operation).expect("every operation has a spec")
    }

    /// Every operation with its spec, in the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = (Operation, &Spec)> {
        self.0.iter().map(|(operation, spec)| (*operation, spec))
    }

    /// Changes the windows of every operation that has one.
    pub fn each_window(&mut self, change: impl Fn(&mut Window)) {
        self.0.values_mut().filter_map(|spec| spec.window.as_mut()).for_each(change);
    }

    /// The operation by which one logs in.
    pub fn login(login: Login) -> Operation {
        match login {
            Login::V2Pair => Operation::LoginV2Pair,
            Login::V2Text => Operation::LoginV2Text,
            Login::V2Login => Operation::LoginV2Login,
            Login::V1Text => Operation::LoginV1Text,
        }
    }

    /// Refuses what cannot work: the first finding.
    pub fn check(&self) -> Result<(), BadSpec> {
        let bad = self.iter().flat_map(|(operation, spec)| spec.check(operation)).next();
        bad.map_or(Ok(()), Err)
    }

    /// Every key in which an operation differs from the usual, by operation and key.
    pub fn differences(&self) -> Vec<Difference> {
        let mut all = Vec::new();
        for (operation, spec) in self.iter() {
            let (usual, own) = (flat(&operation.usual()), flat(spec));
            let keys: BTreeSet<&String> = usual.keys().chain(own.keys()).collect();
            for key in keys {
                let of =
                    |map: &BTreeMap<String, Value>| map.get(key).cloned().unwrap_or(Value::Null);
                let (usual, own) = (of(&usual), of(&own));
                if usual != own {
                    all.push(Difference { operation, key: key.clone(), usual, own });
                }
            }
        }
        all
    }
}

/// A spec's keys; those of a table in it are joined to its name by a dot.
fn flat(spec: &Spec) -> BTreeMap<String, Value> {
    let mut flat = BTreeMap::new();
    let Ok(Value::Object(keys)) = serde_json::to_value(spec) else { return flat };
    for (key, value) in keys {
        match value.clone() {
            // The parts of a way of paging belong together.
            Value::Object(parts) if key != "paging" => {
                flat.extend(
                    parts.into_iter().map(|(part, value)| (format!("{key}.{part}"), value)),
                );
            }
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => {
                flat.insert(key, value);
            }
        }
    }
    flat
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::{Field, Param};

    #[test]
    fn the_usual_has_no_differences_and_is_sound() {
        let registry = Registry::default();
        assert_eq!(registry.differences(), []);
        assert_eq!(registry.check(), Ok(()));
        assert_eq!(registry.iter().count(), Operation::ALL.len());
    }

    #[test]
    fn a_difference_names_its_key_and_both_values() {
        let mut registry = Registry::default();
        registry.of_mut(Operation::JobGet).path = "/api/bi/JobDetail".into();
        let pay = registry.of_mut(Operation::PayDelta);
        pay.fields.insert(Field::PayAmount, vec!["RATE_X".into()]);
        pay.params.insert(Param::From, "since".into());
        registry.of_mut(Operation::PayDelta).window.as_mut().unwrap().zone =
            Some("America/Chicago".into());
        let said: Vec<String> = registry
            .differences()
            .iter()
            .map(|d| format!("{} {}: {} -> {}", d.operation, d.key, d.usual, d.own))
            .collect();
        assert_eq!(
            said,
            [
                r#"job.get path: "/apiv2/bi/JobDetail" -> "/api/bi/JobDetail""#,
                r#"pay.delta fields.pay_amount: ["SALARY","Pay Rate"] -> ["RATE_X"]"#,
                r#"pay.delta params.from: "fromDate" -> "since""#,
                r#"pay.delta window.zone: null -> "America/Chicago""#,
            ]
        );
    }

    #[test]
    fn what_cannot_work_is_named_with_its_key() {
        let found = |operation: Operation, change: fn(&mut Spec)| {
            let mut spec = operation.usual();
            change(&mut spec);
            spec.check(operation).into_iter().map(|bad| bad.key).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(found(Operation::JobGet, |s| s.path = "apiv2/x".into()), "path");
        assert_eq!(found(Operation::JobGet, |s| s.path = "/x?alternateFormat=true".into()), "path");
        let extra = |s: &mut Spec| drop(s.params.insert(Param::From, "x".into()));
        assert_eq!(found(Operation::JobGet, extra), "params.from");
        let unnamed = |s: &mut Spec| drop(s.params.insert(Param::Job, String::new()));
        assert_eq!(found(Operation::JobGet, unnamed), "params.job_id");
        let fields_too =
            |s: &mut Spec| drop(s.params.insert(Param::UserFields, "userFieldsName".into()));
        assert_eq!(found(Operation::JobGet, fields_too), "");
        let twice = |s: &mut Spec| drop(s.static_params.insert("jobId".into(), "1".into()));
        assert_eq!(found(Operation::JobGet, twice), "static_params");
        let ssn = |s: &mut Spec| drop(s.fields.insert(Field::FirstName, vec!["SSN".into()]));
        assert_eq!(found(Operation::CandidateGet, ssn), "fields.first_name");
        let other = |s: &mut Spec| drop(s.fields.insert(Field::Email, vec!["X".into()]));
        assert_eq!(found(Operation::PayDelta, other), "fields.email");
        assert_eq!(found(Operation::PayDelta, |s| s.window = None), "window");
        let all = |s: &mut Spec| {
            let window = s.window.as_mut().unwrap();
            window.max = super::super::WINDOW_WIDEST * 2;
            window.overlap = window.max;
            window.min = std::time::Duration::ZERO;
            window.zone = Some("EST5".into());
        };
        assert_eq!(
            found(Operation::PayDelta, all),
            "window.max window.overlap window.min window.zone"
        );
        assert_eq!(found(Operation::JobGet, |s| s.timeout = std::time::Duration::ZERO), "timeout");
    }
}
