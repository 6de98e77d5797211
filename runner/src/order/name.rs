//! What a person calls something, and what is meant.

use std::collections::BTreeSet;

use workflow_core::id::StreamId;

use super::{Desk, OrderError};
use crate::gates::Gates;

impl Desk<'_> {
    /// The one instance of that name. A certificate may be named by its beginning.
    pub fn one(&self, name: &str) -> Result<StreamId, OrderError> {
        const WORKFLOWS: [&str; 5] =
            ["placement", "contractor", "invoice", "certificate", "notify"];
        let is_workflow = |part: &str| WORKFLOWS.contains(&part);
        let parts: Vec<&str> = name.split('/').collect();
        let (workflow, tenant, key) = match parts.as_slice() {
            [key] => (None, None, *key),
            [workflow, key] if is_workflow(workflow) => (Some(*workflow), None, *key),
            [tenant, key] => (None, Some(*tenant), *key),
            [workflow, tenant, key] if is_workflow(workflow) => {
                (Some(*workflow), Some(*tenant), *key)
            }
            [tenant, workflow, key] if is_workflow(workflow) => {
                (Some(*workflow), Some(*tenant), *key)
            }
            _ => {
                return Err(OrderError::Unclear(format!(
                    "`{name}` names nothing: say ID, TENANT/ID, contractor/ID, certificate/NAME, invoice/ID or notify/ENDPOINT"
                )));
            }
        };
        // What is no placement's name may be that of a certificate or of a pay period: their names have a dot.
        let bare: &[&str] = &["placement", "certificate", "invoice"];
        let searched = workflow.as_ref().map_or(bare, std::slice::from_ref);
        let mut called = searched.iter().map(|workflow| self.called(workflow, tenant, key));
        let mut called = called.find(|called| !called.is_empty()).unwrap_or_default();
        let workflow = workflow.unwrap_or("placement");
        match (called.pop(), called.is_empty()) {
            (Some(stream), true) => Ok(stream),
            (None, _) => Err(OrderError::Unknown(format!(
                "no {workflow} is called {name}; `runner list` shows all"
            ))),
            (Some(one), false) => {
                let same = called.iter().all(|other| other.tenant() == one.tenant());
                Err(OrderError::Unclear(match same {
                    true => format!("several begin with {name}: say more of it"),
                    false => format!("several tenants have a {workflow} {key}: say TENANT/{name}"),
                }))
            }
        }
    }

    /// Those of a workflow that are called so; a certificate by the beginning of its name too.
    fn called(&self, workflow: &str, tenant: Option<&str>, key: &str) -> Vec<StreamId> {
        let begins = |stream: &StreamId| {
            workflow == "certificate" && key.contains('.') && stream.key().starts_with(key)
        };
        let fits = |stream: &StreamId| {
            (stream.key() == key || begins(stream))
                && tenant.is_none_or(|tenant| stream.tenant() == tenant)
        };
        if workflow == "notify" {
            return self.endpoints().into_iter().filter(fits).collect();
        }
        let seen = self.engine.summaries(workflow).into_iter().map(|summary| summary.stream);
        seen.filter(fits).collect()
    }

    /// The endpoints that are told things: those of the configuration, and those that are off.
    fn endpoints(&self) -> BTreeSet<StreamId> {
        let gates = Gates::of(self.engine);
        let off = self.tenants.iter().flat_map(|tenant| gates.endpoints_of(tenant));
        let systems = self.running.into_iter().flat_map(|running| running.systems.all());
        let subscribers = systems.flat_map(|connected| connected.subscribers.values());
        let told = subscribers.map(|subscriber| subscriber.stream().clone());
        off.map(|(stream, _)| stream).chain(told).collect()
    }
}
