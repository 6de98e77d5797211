//! One thing that the doctor found: how much it matters, what it is, where, what to do, and the line that does it.

use serde::Serialize;
use workflow_core::domain::call::Side;

/// How much a finding matters; the worst decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// As it should be.
    Good,
    /// Worth knowing; nothing need be done.
    Note,
    /// A person must do or decide something.
    Person,
    /// A system could not be reached, so that nothing is known of it.
    Unreachable,
}

impl Severity {
    /// As the table shows it.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Good => "ok",
            Severity::Note => "note",
            Severity::Person => "LOOK",
            Severity::Unreachable => "UNREACHABLE",
        }
    }
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal;)*) => {
        /// The kind of a finding: stable, for programs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Code {
            /// All of them.
            pub const ALL: &'static [Code] = &[$(Code::$variant),*];

            /// As programs see it, such as `entity_unknown`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Code::$variant => $name,)*
                }
            }
        }
    };
}

codes! {
    /// No connection, or no answer at present.
    Unreachable = "unreachable";
    /// The settings cannot work.
    Settings = "settings";
    /// The login works.
    Login = "login";
    /// The login is refused as configured, and taken in another way.
    LoginWay = "login_way";
    /// The login is refused in every way that is known.
    LoginRefused = "login_refused";
    /// How an operation answers, where nothing is to be done.
    Operation = "operation";
    /// The API user may not use an operation.
    NotGranted = "not_granted";
    /// An operation answers as an unknown path does.
    NotThere = "not_there";
    /// The same, and another path works.
    Path = "path";
    /// The token is refused as it is written, and taken in another form.
    TokenHeader = "token_header";
    /// Narrower windows are wanted.
    WindowWidth = "window_width";
    /// The ends of windows are wanted in another form.
    WindowFormat = "window_format";
    /// Another parameter is wanted.
    Parameter = "parameter";
    /// What is asked is refused, and no other way works.
    WrongParameter = "wrong_parameter";
    /// The answer comes in another envelope than configured.
    Envelope = "envelope";
    /// The answer has a shape that is not known.
    ShapeDiffers = "shape_differs";
    /// A column that is needed has another name, by its looks.
    Column = "column";
    /// A column that is needed is not there, and none looks like it.
    ColumnMissing = "column_missing";
    /// Dates come in another form.
    DateFormat = "date_format";
    /// The columns that were seen, against the field map.
    Columns = "columns";
    /// Values that nothing makes sense of.
    Misread = "misread";
    /// The tenant's words of one kind, and what each is mapped to.
    Vocabulary = "vocabulary";
    /// All of the tenant's words are mapped.
    Words = "words";
    /// An employment category is in no map.
    CategoryUnmapped = "category_unmapped";
    /// A rate unit is in no map.
    UnitUnmapped = "unit_unmapped";
    /// A client has no entity.
    CompanyUnmapped = "company_unmapped";
    /// A job category has no code.
    JobCategoryUnmapped = "job_category_unmapped";
    /// Pay in currencies that cannot be insured.
    Currency = "currency";
    /// The words for a start's status that were seen.
    Statuses = "statuses";
    /// A word for how a start stands is in no map.
    StatusUnmapped = "status_unmapped";
    /// The words for a timesheet's status that were seen.
    TimesheetStatuses = "timesheet_statuses";
    /// The tenant's own fields that were seen.
    UserFields = "user_fields";
    /// Which environment is meant.
    Environment = "environment";
    /// The key's spelling names another environment.
    KeyEnvironment = "key_environment";
    /// The key is refused.
    KeyRefused = "key_refused";
    /// The environment is refused as it is told, and taken otherwise.
    EnvironmentHeader = "environment_header";
    /// A list is as documented.
    List = "list";
    /// A list is not as documented.
    ListDiffers = "list_differs";
    /// A list is not granted.
    ListRefused = "list_refused";
    /// Whether the machine's clock agrees with the service's.
    Clock = "clock";
    /// Contractors are written in the other dialect.
    ContractorShape = "contractor_shape";
    /// Jobs are written in the other dialect.
    JobRegion = "job_region";
    /// Everything carries metadata, as in the other dialect.
    MetadataOn = "metadata_on";
    /// All mapped entities are there.
    Entities = "entities";
    /// The map names an entity that is not there.
    EntityUnknown = "entity_unknown";
    /// All mapped codes are approved.
    Categories = "categories";
    /// The map names a code that is not approved.
    CategoryUnknown = "category_unknown";
    /// Whether webhooks are registered.
    Webhook = "webhook";
    /// No registered endpoint is this configuration's.
    WebhookMissing = "webhook_missing";
    /// A delivery passes every step.
    WebhookTrial = "webhook_trial";
    /// A delivery fails at a step.
    WebhookStep = "webhook_step";
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// Its kind.
    pub code: Code,
    /// At which system: `jobdiva` or `1099policy`.
    pub system: &'static str,
    /// Which part of it: an operation, a list, a company.
    pub about: String,
    /// What is so.
    pub what: String,
    /// What to do; empty where nothing is to be done.
    pub todo: String,
    /// The configuration that mends it, where configuration can.
    pub lines: Vec<Line>,
}

/// One line of configuration, in a table below the tenant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Line {
    /// The table below `[[tenant]]`, such as `entities` or `jobdiva.webhook`; empty for the tenant itself.
    pub table: String,
    /// The key, as TOML writes it.
    pub key: String,
    /// The value, as TOML writes it.
    pub value: String,
    /// Whether it is known or a person must choose.
    pub sure: Sure,
}

/// How sure a suggested line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sure {
    /// It was tried, or there is one answer only.
    Known,
    /// It fits by its name: to be checked by a person before it is used.
    ByName,
    /// Nobody can know it from here: the line is written as a comment, to be filled in.
    Open,
}

impl Finding {
    /// A finding without anything to do.
    pub fn new(
        severity: Severity,
        side: Side,
        code: Code,
        about: impl Into<String>,
        what: impl Into<String>,
    ) -> Self {
        let system = match side {
            Side::Ats => crate::systems::JOBDIVA,
            Side::Insurer => crate::systems::POLICY,
        };
        let (about, what) = (about.into(), what.into());
        Self { severity, code, system, about, what, todo: String::new(), lines: Vec::new() }
    }

    /// The same with what to do.
    pub fn todo(self, todo: impl Into<String>) -> Self {
        Self { todo: todo.into(), ..self }
    }

    /// The same with a line of configuration that mends it.
    pub fn line(mut self, line: Line) -> Self {
        self.lines.push(line);
        self
    }
}

impl Line {
    /// A line whose value is a text.
    pub fn text(table: impl Into<String>, key: &str, value: &str, sure: Sure) -> Self {
        Self::of(table, key, quoted(value), sure)
    }

    /// A line with any value, as TOML writes it.
    pub fn of(table: impl Into<String>, key: &str, value: String, sure: Sure) -> Self {
        Self { table: table.into(), key: bare_or_quoted(key), value, sure }
    }
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Line { table, key, value, .. } = self;
        match table.is_empty() {
            true => write!(f, "{key} = {value}"),
            false => write!(f, "[tenant.{table}] {key} = {value}"),
        }
    }
}

/// A text as TOML writes it.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A key as TOML writes it.
pub(super) fn bare_or_quoted(key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !key.is_empty() && key.chars().all(bare) { key.to_owned() } else { quoted(key) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_what_a_person_would_write() {
        let line = Line::text("entities", "8801", "en_1", Sure::Known);
        assert_eq!(line.to_string(), "[tenant.entities] 8801 = \"en_1\"");
        let line = Line::text("wage.units", "per \"diem\"", "day", Sure::Open);
        assert_eq!(line.to_string(), "[tenant.wage.units] 'per \"diem\"' = \"day\"");
        let line = Line::of("", "shorten_cover", "true".into(), Sure::Known);
        assert_eq!(line.to_string(), "shorten_cover = true");
    }

    #[test]
    fn the_worst_is_the_greatest() {
        assert!(Severity::Unreachable > Severity::Person && Severity::Person > Severity::Note);
    }
}
