//! A call's line in the log as spans: one for the call, one for each try.
//!
//! Tokens stand at the try that was answered and nowhere else, so that whoever adds spans up counts
//! them once.

use std::time::Duration;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span, Status};

use super::Trace;
use crate::config::watching::Traces;
use crate::gateway::Served;
use crate::log::{Line, Tried};

/// Characters of a value.
const VALUE: usize = 256;

const CHAT: &str = "/v1/chat/completions";

/// The paths that a span is named by; every other path is the caller's invention.
const PATHS: [&str; 3] = [CHAT, "/v1/models", "/v1/decide"];

/// The spans of a call, its own first.
pub(super) fn of(line: &Line, trace: Trace, served: &Served, traces: &Traces) -> Vec<Span> {
    let made = Made {
        line,
        trace,
        served,
        traces,
    };
    let tries = line.attempts.iter().enumerate();
    let tries = tries.map(|(position, tried)| made.tried(position, tried));
    std::iter::once(made.call()).chain(tries).collect()
}

struct Made<'a> {
    line: &'a Line,
    trace: Trace,
    served: &'a Served,
    traces: &'a Traces,
}

impl Made<'_> {
    fn call(&self) -> Span {
        let line = self.line;
        let path = PATHS.into_iter().find(|path| *path == line.path);
        let mut all = Attributes::default();
        let name = match (&line.passed, path) {
            (Some(passed), _) => {
                all.text("portolan.passed.name", &passed.name);
                let (host, port) = passed.host.rsplit_once(':').unwrap_or((&passed.host, ""));
                all.text("server.address", host);
                if let Ok(port) = port.parse::<u16>() {
                    all.number("server.port", port.into());
                }
                format!("pass {}", passed.name)
            }
            (None, Some(CHAT)) => {
                let model = self.known(line.model.as_deref());
                all.text("gen_ai.operation.name", "chat");
                all.text("gen_ai.request.model", model);
                format!("chat {model}")
            }
            (None, path) => path.unwrap_or("unknown path").to_owned(),
        };
        if let Some(path) = path {
            all.text("http.route", path);
        }
        if line.status != 0 {
            all.number("http.response.status_code", line.status.into());
        }
        all.text("portolan.request_id", &line.request_id);
        all.text("portolan.endpoint", &line.endpoint);
        all.text("portolan.outcome", line.outcome);
        let more = [
            ("portolan.account", &line.account),
            ("portolan.code", &line.code),
            ("portolan.snapshot", &line.snapshot),
            ("portolan.upstream_request_id", &line.upstream_request_id),
        ];
        for (name, value) in more {
            all.text(name, value.as_deref().unwrap_or_default());
        }
        all.texts("portolan.warnings", &line.warnings);
        let fine = matches!(line.outcome, "answered" | "observed") && line.status < 400;
        if !fine {
            all.text("error.type", line.code.as_deref().unwrap_or(line.outcome));
        }
        // What a caller did wrong is no failure of whoever serves it.
        let failed = !fine && !(400..500).contains(&line.status);
        Span {
            span_id: self.trace.span.to_be_bytes().to_vec(),
            parent_span_id: self
                .trace
                .parent
                .map_or(Vec::new(), |p| p.to_be_bytes().to_vec()),
            ..self.span(
                name,
                SpanKind::Server,
                (Duration::ZERO, line.took),
                all,
                failed,
            )
        }
    }

    fn tried(&self, position: usize, tried: &Tried) -> Span {
        let line = self.line;
        let answered = tried.outcome == "answered";
        let mut all = Attributes::default();
        all.text("gen_ai.operation.name", "chat");
        all.text("gen_ai.provider.name", &self.provider(tried));
        all.text("gen_ai.request.model", &tried.way.model);
        if let Some(uri) = &tried.way.uri {
            all.text("server.address", uri.host().unwrap_or_default());
            let usual = if uri.scheme_str() == Some("http") {
                80
            } else {
                443
            };
            all.number("server.port", uri.port_u16().unwrap_or(usual).into());
        }
        all.text("portolan.request_id", &line.request_id);
        all.text("portolan.region", &tried.way.region);
        all.text("portolan.endpoint", &tried.way.endpoint);
        if let Some(evidence) = &tried.served_region {
            all.text("portolan.served_region", evidence.finding.word());
        }
        if answered {
            all.text(
                "gen_ai.response.model",
                line.answered_with.as_deref().unwrap_or_default(),
            );
            all.text(
                "gen_ai.response.id",
                line.upstream_request_id.as_deref().unwrap_or_default(),
            );
            if let Some(used) = line.usage {
                all.number("gen_ai.usage.input_tokens", signed(used.input));
                all.number("gen_ai.usage.output_tokens", signed(used.output));
            }
        } else {
            all.text("error.type", &tried.outcome);
        }
        // An answer is noted when it begins, and ends with the call.
        let took = if answered {
            line.took.saturating_sub(tried.begun).max(tried.took)
        } else {
            tried.took
        };
        let name = format!("chat {}", tried.way.model);
        Span {
            span_id: self.trace.try_span(position).to_be_bytes().to_vec(),
            parent_span_id: self.trace.span.to_be_bytes().to_vec(),
            ..self.span(name, SpanKind::Client, (tried.begun, took), all, !answered)
        }
    }

    fn span(
        &self,
        name: String,
        kind: SpanKind,
        (begun, took): (Duration, Duration),
        attributes: Attributes,
        failed: bool,
    ) -> Span {
        let start = self.trace.begun_ns.saturating_add(nanoseconds(begun));
        let code = if failed {
            StatusCode::Error
        } else {
            StatusCode::Unset
        };
        Span {
            trace_id: self.trace.id.to_be_bytes().to_vec(),
            flags: 1,
            name,
            kind: kind as i32,
            start_time_unix_nano: start,
            end_time_unix_nano: start.saturating_add(nanoseconds(took)),
            attributes: attributes.0,
            status: Some(Status {
                message: String::new(),
                code: code as i32,
            }),
            ..Span::default()
        }
    }

    /// A model of the catalog by its name; whatever else a caller wrote is `other`.
    fn known<'m>(&self, model: Option<&'m str>) -> &'m str {
        let catalog = self.served.engine.catalog();
        let known = model.filter(|model| catalog.model_named(model).is_some());
        known.unwrap_or("other")
    }

    /// Who runs a model, in the words that the configuration has for the catalog's.
    fn provider(&self, tried: &Tried) -> String {
        let words = &self.traces.providers;
        let named = tried.way.providers.iter();
        let named = named.map(|name| words.get(name).unwrap_or(name).as_str());
        named.collect::<Vec<_>>().join(",")
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Names and values; what is empty is left out.
#[derive(Default)]
pub(super) struct Attributes(pub(super) Vec<KeyValue>);

impl Attributes {
    pub(super) fn text(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.put(name, text(value));
        }
    }

    fn texts(&mut self, name: &str, values: &[String]) {
        let values: Vec<AnyValue> = values
            .iter()
            .map(|value| AnyValue {
                value: Some(text(value)),
            })
            .collect();
        if !values.is_empty() {
            self.put(name, Value::ArrayValue(ArrayValue { values }));
        }
    }

    fn number(&mut self, name: &str, value: i64) {
        self.put(name, Value::IntValue(value));
    }

    fn put(&mut self, name: &str, value: Value) {
        self.0.push(KeyValue {
            key: name.to_owned(),
            value: Some(AnyValue { value: Some(value) }),
            ..KeyValue::default()
        });
    }
}

fn text(value: &str) -> Value {
    Value::StringValue(value.chars().take(VALUE).collect())
}
