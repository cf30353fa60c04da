//! `secret-in-message`: a message that repeats what may be a secret.

use crate::names;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "secret-in-message",
    group: Group::Rules,
    level: Level::Warn,
    summary: "a message that repeats what may be a secret",
    page: Page {
        what: "Finds slots of `say`, `help` and `warn` that hold an attribute whose name has `key`, \
               `token`, `secret`, `password`, `credential` or `authorization` as one of its words.",
        why: "Messages go to logs, screens and other people's tickets.",
        example: r#"```portolan
attribute api_key: optional text

refuse 401 bad-key
  when request.api_key is set
  say  "no account has the key `{request.api_key}`"
```"#,
        fix: "Say which field is at fault, and not what stands in it. There is no machine's fix.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

/// Words of a name that announce a secret.
const WORDS: [&str; 8] = [
    "key",
    "apikey",
    "token",
    "secret",
    "password",
    "passwd",
    "credential",
    "authorization",
];

fn check(context: &Context<'_>, findings: &mut Findings) {
    for rule in context.rules() {
        let texts = names::texts(rule.written);
        for text in texts {
            let slots = names::slots(&text.value);
            let paths = slots.filter_map(|slot| slot.strip_prefix("request."));
            for name in paths.filter(|name| secret(name)) {
                let message =
                    format!("the message repeats `request.{name}`, which may be a secret");
                let finding = LINT.finding(text.span, message);
                findings.push(finding.help("say which field is at fault, not what stands in it"));
            }
        }
    }
}

fn secret(name: &str) -> bool {
    let mut words = name.split(['_', '-', '.']);
    words.any(|word| WORDS.contains(&word.to_ascii_lowercase().as_str()))
}
