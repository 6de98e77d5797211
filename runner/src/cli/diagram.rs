//! `runner diagram`: a workflow's states and events as a picture or a table, drawn from the table that runs.

use clap::{Args, ValueEnum};
use workflow_core::domain::{certificate, contractor, gate, invoice, placement};
use workflow_core::graph;
use workflow_core::inbox;
use workflow_core::machine::Machine;

use super::{Outcome, say};

/// Print a workflow's states and events as a picture or a table.
///
/// Needs neither configuration nor data.
///
/// Example: runner diagram placement --format svg > placement.svg
///
/// Example: runner diagram contractor --format matrix
#[derive(Debug, Args)]
pub(super) struct Diagram {
    /// Which workflow.
    #[arg(value_enum, default_value_t = Drawn::Placement)]
    workflow: Drawn,
    /// In which form.
    #[arg(long, value_enum, default_value_t = Format::Mermaid)]
    format: Format,
}

/// The workflows of this program.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Drawn {
    /// One staffing placement on its way to being insured.
    Placement,
    /// One candidate on the way to being known to the insurer.
    Contractor,
    /// What was earned with one placement in one week, on its way to the insurer's books.
    Invoice,
    /// One certificate of insurance that a contractor brings.
    Certificate,
    /// What a person paused.
    Gate,
    /// One webhook on its way through the inbox.
    Delivery,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// Text for pages that draw Mermaid.
    Mermaid,
    /// Text for Graphviz.
    Dot,
    /// A picture for a browser.
    Svg,
    /// The whole table: a row per event, a column per state, what follows in the cell.
    Matrix,
}

impl Diagram {
    pub(super) fn run(self) -> Outcome {
        let text = match self.workflow {
            Drawn::Placement => self.format.draw::<placement::Machine>(),
            Drawn::Contractor => self.format.draw::<contractor::Machine>(),
            Drawn::Invoice => self.format.draw::<invoice::Machine>(),
            Drawn::Certificate => self.format.draw::<certificate::Machine>(),
            Drawn::Gate => self.format.draw::<gate::Machine>(),
            Drawn::Delivery => self.format.draw::<inbox::Machine>(),
        };
        say(text.trim_end())
    }
}

impl Format {
    fn draw<M: Machine>(self) -> String {
        match self {
            Format::Mermaid => graph::mermaid::<M>(),
            Format::Dot => graph::dot::<M>(),
            Format::Svg => graph::svg::<M>(),
            Format::Matrix => graph::matrix::<M>(),
        }
    }
}
