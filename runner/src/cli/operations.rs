//! `runner operations`: what is asked of JobDiva, and how, with what a tenant does otherwise.

use std::path::PathBuf;

use clap::Args;
use integration_jobdiva::operations::{
    Difference, ErrorRule, Operation, Registry, Spec, usual_rules, written_duration,
};
use serde::Serialize;

use super::{Failure, Outcome, say, say_versioned, table};
use crate::{config, operations};

/// Show what is asked of JobDiva and how, and what a tenant does otherwise.
///
/// Every line can be overridden per tenant, under [tenant.jobdiva.operation."NAME"] or in the file that
/// `operations_file` names; --toml prints in that very form. What a tenant does otherwise is listed at the end. The last
/// column says how well a line is known: [D] official text, [3x] seen in so many independent public clients, [S1] one
/// old description, [I] inferred.
///
/// Example: runner operations --defaults
///
/// Example: runner operations pay.delta
///
/// Example: runner operations --tenant acme --toml
#[derive(Debug, Args)]
pub(super) struct Operations {
    /// Only this operation, whole.
    #[arg(value_name = "NAME")]
    operation: Option<String>,
    /// The configuration.
    #[arg(long, value_name = "FILE", default_value = "runner.toml")]
    config: PathBuf,
    /// Only this tenant.
    #[arg(long)]
    tenant: Option<String>,
    /// What is usual, without a configuration.
    #[arg(long, conflicts_with_all = ["config", "tenant"])]
    defaults: bool,
    /// Print all keys in the form in which they are overridden.
    #[arg(long, conflicts_with = "json")]
    toml: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// One tenant's registry.
#[derive(Serialize)]
struct Shown<'a> {
    /// `None` for what is usual.
    tenant: Option<&'a str>,
    operations: Vec<One<'a>>,
    /// What is made of failures after an operation's own rules.
    error_rules: &'a [ErrorRule],
    differences: Vec<Difference>,
}

#[derive(Serialize)]
struct One<'a> {
    operation: Operation,
    purpose: &'a str,
    spec: &'a Spec,
}

impl Operations {
    pub(super) fn run(self) -> Outcome {
        let only = self.operation.as_deref().map(named).transpose()?;
        let registries = self.registries()?;
        let shown =
            registries.iter().map(|(tenant, registry)| shown(tenant.as_deref(), registry, only));
        if self.json {
            let registries: Vec<Shown<'_>> = shown.collect();
            return say_versioned(&serde_json::json!({ "registries": registries }));
        }
        for (tenant, registry) in &registries {
            if let Some(tenant) = tenant {
                say(&format!("# tenant {tenant}"))?;
            }
            match only {
                Some(operation) => say(&operations::whole(operation, registry.of(operation)))?,
                None if self.toml => say(&operations::all(registry))?,
                None => tell(registry)?,
            }
        }
        Ok(())
    }

    fn registries(&self) -> Result<Vec<(Option<String>, Registry)>, Failure> {
        if self.defaults {
            return Ok(vec![(None, Registry::default())]);
        }
        let config =
            config::load(&self.config).map_err(|problems| Failure::Config(problems.to_string()))?;
        let wanted = |name: &str| self.tenant.as_deref().is_none_or(|tenant| tenant == name);
        let tenants = config.tenants.into_iter().filter(|tenant| wanted(&tenant.name));
        let found: Vec<_> =
            tenants.map(|tenant| (Some(tenant.name), tenant.jobdiva.registry)).collect();
        match &self.tenant {
            Some(name) if found.is_empty() => {
                Err(Failure::NotFound(format!("the configuration has no tenant {name}")))
            }
            _ => Ok(found),
        }
    }
}

fn named(name: &str) -> Result<Operation, Failure> {
    Operation::named(name).ok_or_else(|| {
        let known: Vec<&str> = Operation::ALL.iter().map(|operation| operation.name()).collect();
        Failure::NotFound(format!("there is no operation {name}; there are: {}", known.join(", ")))
    })
}

fn shown<'a>(
    tenant: Option<&'a str>,
    registry: &'a Registry,
    only: Option<Operation>,
) -> Shown<'a> {
    let wanted = |operation: Operation| only.is_none_or(|only| only == operation);
    let one = |(operation, spec): (Operation, &'a Spec)| One {
        operation,
        purpose: operation.purpose(),
        spec,
    };
    let differences = registry.differences().into_iter();
    Shown {
        tenant,
        operations: registry.iter().filter(|(operation, _)| wanted(*operation)).map(one).collect(),
        error_rules: usual_rules(),
        differences: differences.filter(|difference| wanted(difference.operation)).collect(),
    }
}

fn tell(registry: &Registry) -> Outcome {
    let differences = registry.differences();
    let mut table = table::headed(["", "operation", "need", "call", "window", "known from"]);
    for (operation, spec) in registry.iter() {
        let changed = differences.iter().any(|difference| difference.operation == operation);
        let mark = match (spec.enabled, changed) {
            (false, _) => "off",
            (true, true) => "*",
            (true, false) => "",
        };
        let window = spec.window.as_ref().map(|window| written_duration(window.max));
        table.add_row([
            mark,
            operation.name(),
            need(spec),
            &format!("{} {}", spec.method, spec.path),
            &window.unwrap_or_default(),
            &spec.provenance,
        ]);
    }
    say(&table::text(&table))?;
    for Difference { operation, key, usual, own } in &differences {
        let (usual, own) = (operations::written(usual), operations::written(own));
        say(&format!("* {operation} {key} = {own}  # usual: {usual}"))?;
    }
    Ok(())
}

fn need(spec: &Spec) -> &'static str {
    use integration_jobdiva::operations::Need;
    match spec.need {
        Need::Required => "required",
        Need::Helpful => "helpful",
        Need::Optional => "optional",
        Need::Setup => "setup",
    }
}
