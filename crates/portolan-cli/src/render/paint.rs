//! Colour: when it is used, and what it means.

use std::io::{self, IsTerminal};

use anstyle::{AnsiColor, Style};
use portolan_core::text;

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Color {
    /// For what is written to standard output.
    pub(crate) fn on_stdout(self) -> Paint {
        self.paint(io::stdout().is_terminal())
    }

    /// For what is written to standard error.
    pub(crate) fn on_stderr(self) -> Paint {
        self.paint(io::stderr().is_terminal())
    }

    fn paint(self, terminal: bool) -> Paint {
        let unwanted = || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        Paint {
            colored: match self {
                Self::Always => true,
                Self::Never => false,
                Self::Auto => terminal && !unwanted() && !dumb(),
            },
        }
    }
}

/// Puts meaning into colour, or leaves text alone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    /// Whether to colour at all.
    pub(crate) colored: bool,
}

impl Paint {
    /// What went well.
    pub(crate) fn good(self, text: &str) -> String {
        self.style(AnsiColor::Green.on_default().bold(), text)
    }

    /// What went wrong.
    pub(crate) fn error(self, text: &str) -> String {
        self.style(AnsiColor::Red.on_default().bold(), text)
    }

    /// What the reader should know.
    pub(crate) fn warning(self, text: &str) -> String {
        self.style(AnsiColor::Yellow.on_default().bold(), text)
    }

    /// What to do next.
    pub(crate) fn help(self, text: &str) -> String {
        self.style(AnsiColor::Cyan.on_default().bold(), text)
    }

    /// What matters in its line.
    pub(crate) fn strong(self, text: &str) -> String {
        self.style(Style::new().bold(), text)
    }

    /// What most readers skip.
    pub(crate) fn faint(self, text: &str) -> String {
        self.style(Style::new().dimmed(), text)
    }

    fn style(self, style: Style, text: &str) -> String {
        if self.colored && !text.is_empty() {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}

/// The text with everything invisible escaped, so that nothing in it drives a terminal.
pub(crate) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if text::invisible(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}
