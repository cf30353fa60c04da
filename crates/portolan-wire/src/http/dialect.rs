//! The bodies of errors, in the dialect that a listener speaks, and the headers beside them.
//!
//! | dialect | body |
//! |---|---|
//! | `openai` | `{"error":{"message","type","param","code"},"request_id"}` |
//! | `assemblyai` | `{"error":{"code","message"}}`, as documented: the code is the status |
//! | `assemblyai-current` | `{"code","message","request_id","metadata":{"errors":[…]}}`, as sent since June 2026 |
//! | a problem | RFC 9457, where the caller accepts `application/problem+json` |
//!
//! The envelope whose `error` is a bare string is never written: SDKs lose its message.
//! In every dialect the stable code is a header too, and where the body has no place for help, the
//! message ends with it: a caller must not lose what to do.

use serde::Serialize;

use super::Trouble;
use crate::answer::write;

/// How a listener words its errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// As `OpenAI`'s clients expect it.
    #[default]
    OpenAi,
    /// As `AssemblyAI` documents it.
    AssemblyAi,
    /// As `AssemblyAI` sends it today.
    AssemblyAiCurrent,
    /// RFC 9457, whatever the listener speaks otherwise.
    Problem,
}

impl Dialect {
    /// Every dialect that a listener can be given. A problem is asked for by the caller.
    pub const CONFIGURED: [Self; 3] = [Self::OpenAi, Self::AssemblyAi, Self::AssemblyAiCurrent];

    /// Its name in a configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::AssemblyAi => "assemblyai",
            Self::AssemblyAiCurrent => "assemblyai-current",
            Self::Problem => "problem",
        }
    }

    /// This one, or a problem where the caller's `accept` names it.
    #[must_use]
    pub fn accepted(self, accept: Option<&str>) -> Self {
        if accept.is_some_and(wants_problem) {
            Self::Problem
        } else {
            self
        }
    }
}

/// An answer that is ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Names in lower case and values, `content-type` first.
    pub headers: Vec<(&'static str, String)>,
    /// The body, one line of JSON.
    pub body: String,
}

/// Writes trouble in a dialect. The id is ours; it names this call in our log.
pub fn reply(trouble: &Trouble, dialect: Dialect, request_id: &str) -> Reply {
    let told = told(trouble);
    let (media, body) = match dialect {
        Dialect::OpenAi => (JSON, write(&OpenAiJson::new(trouble, &told, request_id))),
        Dialect::AssemblyAi => (JSON, write(&DocumentedJson::new(trouble, &told))),
        Dialect::AssemblyAiCurrent => (JSON, write(&CurrentJson::new(trouble, request_id))),
        Dialect::Problem => (PROBLEM, write(&ProblemJson::new(trouble, request_id))),
    };
    let mut headers = vec![
        ("content-type", media.to_owned()),
        ("x-request-id", request_id.to_owned()),
        ("x-portolan-request-id", request_id.to_owned()),
        ("x-portolan-code", trouble.code.clone()),
    ];
    if !trouble.retryable {
        headers.push(("x-should-retry", "false".to_owned()));
    }
    if let Some(seconds) = trouble.retry_after_s {
        headers.push(("retry-after", seconds.max(0).to_string()));
    }
    Reply {
        status: trouble.status,
        headers,
        body,
    }
}

/// Whether an `accept` header names `application/problem+json` and does not rule it out.
pub fn wants_problem(accept: &str) -> bool {
    accept.split(',').any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default();
        media.eq_ignore_ascii_case(PROBLEM) && !parts.any(rules_out)
    })
}

/// A quality of zero: `q=0`, `q=0.000`.
fn rules_out(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else {
        return false;
    };
    name.trim().eq_ignore_ascii_case("q")
        && value.contains('0')
        && value.trim().chars().all(|c| matches!(c, '0' | '.'))
}

const JSON: &str = "application/json";
const PROBLEM: &str = "application/problem+json";

/// The message and what to do, in one line.
fn told(trouble: &Trouble) -> String {
    let mut told = trouble.message.clone();
    for help in &trouble.help {
        told.push_str("; ");
        told.push_str(help);
    }
    told
}

#[derive(Serialize)]
struct OpenAiJson<'a> {
    error: OpenAiError<'a>,
    request_id: &'a str,
}

#[derive(Serialize)]
struct OpenAiError<'a> {
    message: &'a str,
    r#type: &'static str,
    param: Option<&'a str>,
    code: &'a str,
}

impl<'a> OpenAiJson<'a> {
    fn new(trouble: &'a Trouble, told: &'a str, request_id: &'a str) -> Self {
        Self {
            error: OpenAiError {
                message: told,
                r#type: kind(trouble.status),
                param: trouble.field.as_deref(),
                code: &trouble.code,
            },
            request_id,
        }
    }
}

/// What `OpenAI` calls a class of errors.
const fn kind(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        403 => "permission_error",
        429 => "rate_limit_error",
        500..=599 => "server_error",
        _ => "invalid_request_error",
    }
}

#[derive(Serialize)]
struct DocumentedJson<'a> {
    error: DocumentedError<'a>,
}

#[derive(Serialize)]
struct DocumentedError<'a> {
    code: u16,
    message: &'a str,
}

impl<'a> DocumentedJson<'a> {
    fn new(trouble: &Trouble, told: &'a str) -> Self {
        Self {
            error: DocumentedError {
                code: trouble.status,
                message: told,
            },
        }
    }
}

#[derive(Serialize)]
struct CurrentJson<'a> {
    code: u16,
    message: &'a str,
    request_id: &'a str,
    metadata: CurrentMetadata<'a>,
}

#[derive(Serialize)]
struct CurrentMetadata<'a> {
    errors: &'a [String],
}

impl<'a> CurrentJson<'a> {
    fn new(trouble: &'a Trouble, request_id: &'a str) -> Self {
        Self {
            code: trouble.status,
            message: &trouble.message,
            request_id,
            metadata: CurrentMetadata {
                errors: &trouble.help,
            },
        }
    }
}

#[derive(Serialize)]
struct ProblemJson<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    instance: String,
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    help: &'a [String],
}

impl<'a> ProblemJson<'a> {
    fn new(trouble: &'a Trouble, request_id: &str) -> Self {
        Self {
            r#type: format!("urn:portolan:code:{}", trouble.code),
            title: &trouble.code,
            status: trouble.status,
            detail: &trouble.message,
            instance: format!("urn:portolan:request:{request_id}"),
            code: &trouble.code,
            field: trouble.field.as_deref(),
            help: &trouble.help,
        }
    }
}
