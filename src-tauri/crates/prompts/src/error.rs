//! What can be wrong with a prompt file, its values or its budget, each as a sentence that says where.

use plumbline_model::Problem;
use thiserror::Error;

/// A failure of this crate. Lines are 1-based lines of the prompt file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PromptError {
    /// The name cannot be a folder on every system.
    #[error("`{name}` cannot be the name of a prompt: {reason}")]
    Name { name: String, reason: &'static str },
    /// The name cannot be a tool of every provider and a folder on every system.
    #[error("`{name}` cannot be the name of a tool: {reason}")]
    ToolName { name: String, reason: &'static str },
    /// The front matter cannot be used.
    #[error("the front matter cannot be used{}: {reason}", at(line))]
    FrontMatter { line: Option<usize>, reason: String },
    /// There is no front matter.
    #[error("the front matter cannot be used (line 1): the file must start with a line `---`")]
    NoFrontMatter,
    /// A key of the front matter that nobody reads.
    #[error(
        "the front matter cannot be used{}: unknown key `{key}`; {advice}",
        at(line)
    )]
    UnknownKey {
        line: Option<usize>,
        key: String,
        /// The known key that it looks like.
        meant: Option<String>,
        advice: String,
    },
    /// A key of the front matter that no prompt can do without.
    #[error("the front matter cannot be used{}: `{key}` is missing", at(line))]
    MissingKey { line: Option<usize>, key: String },
    /// What stands under `version` is none.
    #[error("the front matter cannot be used{}: {reason}", at(line))]
    NotAVersion { line: Option<usize>, reason: String },
    /// The part below the front matter cannot be used.
    #[error("the prompt's messages cannot be used{}: {reason}", at(line))]
    Body { line: Option<usize>, reason: String },
    /// Text stands before the first message.
    #[error(
        "the prompt's messages cannot be used{}: text stands before the first message",
        at(line)
    )]
    NoMessageYet { line: Option<usize> },
    /// A message's template does not parse or does not render.
    #[error("the template fails{}: {reason}", at(line))]
    Template { line: Option<usize>, reason: String },
    /// Variables without a default were not given.
    #[error("no value for {}", list(.0))]
    MissingVariables(Vec<String>),
    /// A value is not of the declared type.
    #[error("variable `{variable}` must be of type {expected}, but it is {found}")]
    WrongType {
        variable: String,
        expected: String,
        found: String,
    },
    /// The rendered messages are larger than any model takes.
    #[error("the rendered prompt is larger than {limit_bytes} bytes")]
    TooLarge { limit_bytes: usize },
    /// A budget of the prompt is exceeded; nothing was sent.
    #[error("the prompt's budget allows {allowed} {what}, but {counted}")]
    OverBudget {
        /// What is limited, such as `input tokens`.
        what: &'static str,
        allowed: String,
        counted: String,
    },
    /// A value has no canonical form.
    #[error("the value has no canonical JSON form: {0}")]
    NotCanonical(String),
    /// A file of another tool cannot be read, or ours not written for it.
    #[error("the file cannot be taken over: {0}")]
    Foreign(String),
    /// A working file cannot be turned into a release.
    #[error("the release cannot be written: {0}")]
    Release(String),
}

impl PromptError {
    /// The line of the prompt file that the failure is about, where known.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::NoFrontMatter => Some(1),
            Self::FrontMatter { line, .. }
            | Self::UnknownKey { line, .. }
            | Self::MissingKey { line, .. }
            | Self::NotAVersion { line, .. }
            | Self::Body { line, .. }
            | Self::NoMessageYet { line }
            | Self::Template { line, .. } => *line,
            _ => None,
        }
    }

    pub(crate) fn front(line: Option<usize>, reason: impl Into<String>) -> Self {
        Self::FrontMatter {
            line,
            reason: reason.into(),
        }
    }

    fn hint(&self) -> &'static str {
        match self {
            Self::Name { .. } => {
                "Use 1 to 64 lower-case letters, digits and hyphens, such as `support-answer`."
            }
            Self::ToolName { .. } => "Name it as code would, such as `search_orders`.",
            Self::NoFrontMatter
            | Self::FrontMatter { .. }
            | Self::UnknownKey { .. }
            | Self::MissingKey { .. }
            | Self::NotAVersion { .. } => {
                "Correct the lines between the `---` marks and run `plumbline prompt check`."
            }
            Self::Body { .. } | Self::NoMessageYet { .. } => {
                "Start each message with a line `system:`, `user:`, `assistant:` or `tool:`."
            }
            Self::Template { .. } => {
                "Correct the message's template and run `plumbline prompt check`."
            }
            Self::MissingVariables(_) => {
                "Give the values, or declare defaults for them in the prompt's front matter."
            }
            Self::WrongType { .. } => "Give a value of that type, or change the declared type.",
            Self::TooLarge { .. } => "Shorten the values that are put into the prompt.",
            Self::OverBudget { .. } => {
                "Nothing was sent. Shorten the input, or let a variable be trimmed or raise the budget in the prompt's front matter."
            }
            Self::NotCanonical(_) => "Write whole numbers beyond 2^53 as text.",
            Self::Foreign(_) => {
                "Give a prompt file, a text, JSON of Langfuse or LangSmith, a promptfoo config, a .prompty or .prompt file, or a request of OpenAI or Anthropic."
            }
            Self::Release(_) => "Correct the working file and release it again.",
        }
    }
}

impl From<PromptError> for Problem {
    fn from(error: PromptError) -> Self {
        Self::bad_input(error.to_string()).hint(error.hint())
    }
}

fn at(line: &Option<usize>) -> String {
    line.map_or_else(String::new, |line| format!(" (line {line})"))
}

fn list(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}
