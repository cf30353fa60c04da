//! Numbers for Prometheus. Labels are names of the catalog; whatever else a caller wrote is `other`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use http::StatusCode;
use metrics::{Counter, Histogram, Label, with_local_recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use crate::log::Line;

/// Upper bounds of the buckets of times, in seconds.
const BUCKETS: [f64; 10] = [0.005, 0.02, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0];

/// Calls after which times that were recorded are summed up, whether anybody asks for them or not:
/// until then each takes room.
const SUMMED: u32 = 4096;

/// The numbers of one gateway.
pub(crate) struct Telemetry {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    known: Mutex<Known>,
    /// What was warned of already.
    warned: Mutex<BTreeSet<String>>,
}

/// Warnings that are remembered: what differs from more of them than that is not told.
const WARNED: usize = 1_000;

/// Numbers that were counted before. To find one again nothing is made anew.
#[derive(Default)]
struct Known {
    requests: Family,
    attempts: Family,
    tokens: Family,
    seconds: BTreeMap<String, Histogram>,
    recorded: u32,
}

/// Counters of one name, by the values of their labels.
#[derive(Default)]
struct Family {
    own: Option<Counter>,
    below: BTreeMap<String, Self>,
}

impl Family {
    /// The counter of these labels, made where it is new.
    fn counter(&mut self, name: &'static str, labels: &Labels<'_>) -> &Counter {
        self.found(labels, || {
            let labels = labels.iter();
            let labels = labels.map(|(name, value)| Label::new(*name, (*value).to_owned()));
            metrics::counter!(name, labels.collect::<Vec<_>>())
        })
    }

    fn found(&mut self, labels: &Labels<'_>, made: impl FnOnce() -> Counter) -> &Counter {
        let Some(((_, value), rest)) = labels.split_first() else {
            return self.own.get_or_insert_with(made);
        };
        if !self.below.contains_key(*value) {
            self.below.insert((*value).to_owned(), Self::default());
        }
        match self.below.get_mut(*value) {
            Some(below) => below.found(rest, made),
            None => self.own.get_or_insert_with(made),
        }
    }
}

/// Names and values.
type Labels<'a> = [(&'static str, &'a str)];

impl Telemetry {
    pub(crate) fn new() -> Self {
        // A constant list of buckets is never empty, which is all that can be wrong with one.
        let builder = PrometheusBuilder::new();
        let builder = builder
            .set_buckets(&BUCKETS)
            .unwrap_or_else(|_| PrometheusBuilder::new());
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        Self {
            recorder,
            handle,
            known: Mutex::default(),
            warned: Mutex::default(),
        }
    }

    /// Whether something is to be warned of: the first time that it is seen.
    pub(crate) fn is_news(&self, what: String) -> bool {
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        warned.len() < WARNED && warned.insert(what)
    }

    /// Everything counted so far, as text.
    pub(crate) fn text(&self) -> String {
        self.handle.run_upkeep();
        self.handle.render()
    }

    /// Tells how many calls came whose line is not written yet.
    pub(crate) fn calls_open(&self, count: u32) {
        with_local_recorder(&self.recorder, || {
            metrics::gauge!("portolan_calls_open").set(f64::from(count));
        });
    }

    /// Counts a line that the log could not take.
    pub(crate) fn log_lost(&self) {
        with_local_recorder(&self.recorder, || {
            metrics::counter!("portolan_log_lines_lost_total").increment(1);
        });
    }

    /// Counts a connection that was cut because nobody read from it.
    pub(crate) fn cut_off(&self) {
        with_local_recorder(&self.recorder, || {
            metrics::counter!("portolan_connections_cut_total").increment(1);
        });
    }

    /// Counts a head that nobody can read.
    pub(crate) fn unreadable(&self) {
        with_local_recorder(&self.recorder, || {
            metrics::counter!("portolan_heads_unreadable_total").increment(1);
        });
    }

    /// Counts spans that a collector has taken.
    pub(crate) fn spans_exported(&self, count: u64) {
        with_local_recorder(&self.recorder, || {
            metrics::counter!("portolan_spans_exported_total").increment(count);
        });
    }

    /// Counts spans that no collector will see.
    pub(crate) fn spans_dropped(&self, count: u64) {
        if count > 0 {
            with_local_recorder(&self.recorder, || {
                metrics::counter!("portolan_spans_dropped_total").increment(count);
            });
        }
    }

    /// Counts audio that was heard.
    pub(crate) fn heard(&self, line: &Line) {
        let heard = line.passed.as_ref();
        let heard = heard.and_then(|passed| Some((passed, &passed.heard.as_ref()?.0)));
        let Some((passed, heard)) = heard else {
            return;
        };
        let labels = vec![
            Label::new("endpoint", passed.endpoint.clone()),
            Label::new("name", passed.name.clone()),
        ];
        let ms = u64::try_from(heard.billionths / 1_000_000).unwrap_or(0);
        with_local_recorder(&self.recorder, || {
            metrics::counter!("portolan_audio_milliseconds_total", labels).increment(ms);
        });
    }

    /// Whether windows that replicas share can be reached now.
    pub(crate) fn shared_limits(&self, reached: bool) {
        with_local_recorder(&self.recorder, || {
            metrics::gauge!("portolan_shared_limits_reached").set(f64::from(u8::from(reached)));
            if !reached {
                metrics::counter!("portolan_shared_limits_lost_total").increment(1);
            }
        });
    }

    /// Counts one answer. `known` says whether a model is one of the catalog.
    pub(crate) fn count(&self, line: &Line, known: impl Fn(&str) -> bool) {
        let model = line.model.as_deref().filter(|model| known(model));
        let status = StatusCode::from_u16(line.status).ok();
        let status = status.as_ref().map_or("0", StatusCode::as_str);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        with_local_recorder(&self.recorder, || {
            let labels = [
                ("endpoint", &*line.endpoint),
                ("model", model.unwrap_or("other")),
                ("status", status),
                ("outcome", line.outcome),
            ];
            let requests = known.requests.counter("portolan_requests_total", &labels);
            requests.increment(1);
            if let Some(passed) = &line.passed {
                let labels = vec![
                    Label::new("endpoint", passed.endpoint.clone()),
                    Label::new("host", passed.host.clone()),
                    Label::new("status", status.to_owned()),
                ];
                metrics::counter!("portolan_passed_total", labels).increment(1);
            }
            for tried in &line.attempts {
                let labels = [
                    ("endpoint", &*tried.way.endpoint),
                    ("region", &*tried.way.region),
                    ("model", &*tried.way.model),
                    ("outcome", &*tried.outcome),
                ];
                let attempts = known.attempts.counter("portolan_attempts_total", &labels);
                attempts.increment(1);
                if tried.maybe_billed {
                    metrics::counter!("portolan_maybe_billed_total").increment(1);
                }
                if let Some(evidence) = &tried.served_region {
                    let labels = vec![
                        Label::new("endpoint", tried.way.endpoint.clone()),
                        Label::new("region", tried.way.region.clone()),
                        Label::new("finding", evidence.finding.word()),
                    ];
                    metrics::counter!("portolan_served_region_total", labels).increment(1);
                }
            }
            if let (Some(usage), Some(served)) = (line.usage, line.attempts.last()) {
                for (direction, tokens) in [("input", usage.input), ("output", usage.output)] {
                    let labels = [
                        ("usage_region", &*served.way.usage_region),
                        ("model", &*served.way.model),
                        ("direction", direction),
                    ];
                    let counter = known.tokens.counter("portolan_tokens_total", &labels);
                    counter.increment(tokens);
                }
            }
            known.record(line);
        });
        if known.recorded >= SUMMED {
            known.recorded = 0;
            drop(known);
            self.handle.run_upkeep();
        }
    }
}

impl Known {
    /// How long a call took.
    fn record(&mut self, line: &Line) {
        let seconds = std::time::Duration::from_millis(line.ms).as_secs_f64();
        if !self.seconds.contains_key(&line.endpoint) {
            let labels = vec![Label::new("endpoint", line.endpoint.clone())];
            let histogram = metrics::histogram!("portolan_request_seconds", labels);
            self.seconds.insert(line.endpoint.clone(), histogram);
        }
        if let Some(histogram) = self.seconds.get(&line.endpoint) {
            histogram.record(seconds);
        }
        self.recorded += 1;
    }
}
