//! `runner demo`: the whole thing on built-in simulators.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use clap::Args;

use super::ask::DEMO_DATA;
use super::run::Signals;
use super::{Failure, Outcome, failed, list, say};
use crate::demo::{self, Form, Screen};
use crate::{telemetry, terminal, views, web};

#[cfg(feature = "postgres")]
mod several;

/// Show the whole thing on built-in simulators: no account, no services.
///
/// Twenty-four placements walk from JobDiva to insured work, over real HTTP, on a durable log, in simulated time. Run
/// again on the same directory it resumes, and duplicates nothing.
///
/// Example: runner demo
///
/// Example: runner demo --keep --data trial
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// The data directory.
    #[arg(long, value_name = "DIR", default_value = DEMO_DATA)]
    data: PathBuf,
    /// Keep serving afterwards, until ctrl-C.
    #[arg(long)]
    keep: bool,
    /// On so many runners and one PostgreSQL of the system's package; one of them is killed half-way.
    #[cfg(feature = "postgres")]
    #[arg(long, value_name = "NUMBER", conflicts_with = "keep")]
    runners: Option<usize>,
    /// An empty database for the runners, instead of one of the package.
    #[cfg(feature = "postgres")]
    #[arg(long, value_name = "URL", requires = "runners")]
    database: Option<String>,
    /// Be one of the runners, as the data directory says.
    #[cfg(feature = "postgres")]
    #[arg(long, hide = true)]
    member: bool,
}

/// The height of the live table: a line per placement, a heading, and the cursor's line.
const TABLE_LINES: u16 = 26;

impl Demo {
    pub(super) async fn run(self) -> Outcome {
        #[cfg(feature = "postgres")]
        if self.member {
            return several::be(&self.data).await;
        }
        std::fs::create_dir_all(&self.data)?;
        telemetry::to_file(&self.data.join("demo.log"), "info")?;
        let terminal = io::stdout().is_terminal();
        let colour = terminal::colours(&io::stdout());
        let lines = terminal_size::terminal_size().map_or(0, |(_, height)| height.0);
        // A table higher than the terminal cannot be drawn over itself.
        let form = if terminal && lines >= TABLE_LINES { Form::Live } else { Form::Lines };
        let mut screen =
            Screen::new(form, Box::new(io::stdout()), usize::from(terminal::width()), colour);
        #[cfg(feature = "postgres")]
        if let Some(runners) = self.runners {
            let ending = several::play(&self.data, runners, self.database, &mut screen).await?;
            return say(&told(&ending));
        }
        let mut signals = Signals::new()?;
        let mut demo = demo::Demo::start(&self.data).await.map_err(|error| failed(&error))?;
        let played = tokio::select! {
            played = demo.play(&mut screen) => played,
            () = signals.next() => {
                demo.stop().await.map_err(|error| failed(&error))?;
                say("stopped; run it again to go on where it was")?;
                return Err(Failure::Interrupted);
            }
        };
        let ending = match played {
            Ok(ending) => ending,
            Err(error) => {
                drop(demo.stop().await);
                return Err(failed(&error));
            }
        };
        self.report(&demo, &ending, form)?;
        if self.keep {
            say(&format!("serving webhooks on http://{}, until ctrl-C", demo.hooks()))?;
            if let Some(link) = web::door::link(&self.data)? {
                say(&format!("the pages: {link}"))?;
            }
            tokio::select! {
                error = demo.keep() => {
                    drop(demo.stop().await);
                    return Err(failed(&error));
                }
                () = signals.next() => {}
            }
        }
        demo.stop().await.map_err(|error| failed(&error))
    }

    fn report(&self, demo: &demo::Demo, ending: &demo::Ending, form: Form) -> Outcome {
        if form == Form::Lines {
            let placements = views::list(demo.engine(), &[], &[]).placements;
            say(&format!("\n{}", list::table("placement", &placements)))?;
        }
        say(&told(ending))?;
        let data = self.data.display();
        say("\nLook at it:")?;
        say(&format!("  runner list --data {data} --state Flagged     what needs a person"))?;
        say(&format!("  runner show 51000777 --data {data}            one placement"))?;
        say(&format!(
            "  runner history 51000797 --data {data}         what happened to it, and why"
        ))?;
        say(&format!(
            "  runner verify --data {data}                   is the log as it was written?"
        ))
    }
}

/// The ending in words.
fn told(ending: &demo::Ending) -> String {
    format!(
        "\nThe world is quiet at {}. The insurer's own ledger says: {} contractors (at most {} per candidate), \
             {} jobs (at most {} per placement), {} application sessions, {} policies, {} assignments, {} charges. \
             The log has {} events.",
        ending.at,
        ending.contractors,
        ending.contractors_per_candidate_max,
        ending.jobs,
        ending.jobs_per_placement_max,
        ending.sessions,
        ending.policies,
        ending.assignments,
        ending.charges,
        ending.events,
    )
}
