//! Numbers for Prometheus. Labels are names of the catalog; whatever else a caller wrote is `other`.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use metrics::{Label, with_local_recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use crate::log::Line;

/// Upper bounds of the buckets of times, in seconds.
const BUCKETS: [f64; 10] = [0.005, 0.02, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0];

/// The numbers of one gateway.
pub(crate) struct Telemetry {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    /// What was warned of already.
    warned: Mutex<BTreeSet<String>>,
}

/// Warnings that are remembered: what differs from more of them than that is not told.
const WARNED: usize = 1_000;

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
        let model = model.unwrap_or("other").to_owned();
        let endpoint = line.endpoint.clone();
        with_local_recorder(&self.recorder, || {
            let labels = vec![
                Label::new("endpoint", endpoint.clone()),
                Label::new("model", model.clone()),
                Label::new("status", line.status.to_string()),
                Label::new("outcome", line.outcome),
            ];
            metrics::counter!("portolan_requests_total", labels).increment(1);
            if let Some(passed) = &line.passed {
                let labels = vec![
                    Label::new("endpoint", passed.endpoint.clone()),
                    Label::new("host", passed.host.clone()),
                    Label::new("status", line.status.to_string()),
                ];
                metrics::counter!("portolan_passed_total", labels).increment(1);
            }
            for tried in &line.attempts {
                let labels = vec![
                    Label::new("endpoint", tried.endpoint.clone()),
                    Label::new("region", tried.region.clone()),
                    Label::new("model", tried.model.clone()),
                    Label::new("outcome", tried.outcome.clone()),
                ];
                metrics::counter!("portolan_attempts_total", labels).increment(1);
                if tried.maybe_billed {
                    metrics::counter!("portolan_maybe_billed_total").increment(1);
                }
                if let Some(evidence) = &tried.served_region {
                    let labels = vec![
                        Label::new("endpoint", tried.endpoint.clone()),
                        Label::new("region", tried.region.clone()),
                        Label::new("finding", evidence.finding.word()),
                    ];
                    metrics::counter!("portolan_served_region_total", labels).increment(1);
                }
            }
            if let (Some(usage), Some(served)) = (line.usage, line.attempts.last()) {
                for (direction, tokens) in [("input", usage.input), ("output", usage.output)] {
                    let labels = vec![
                        Label::new("usage_region", served.usage_region.clone()),
                        Label::new("model", served.model.clone()),
                        Label::new("direction", direction),
                    ];
                    metrics::counter!("portolan_tokens_total", labels).increment(tokens);
                }
            }
            let seconds = std::time::Duration::from_millis(line.ms).as_secs_f64();
            let labels = vec![Label::new("endpoint", endpoint)];
            metrics::histogram!("portolan_request_seconds", labels).record(seconds);
        });
    }
}
