//! How calls are taken in and counted: bounds, the breaker, TLS, limits that are shared.

use portolan_core::catalog::tree::{Entry, Node};

use super::super::diags;
use super::{Decoder, start};
use crate::config::{Bounds, Breaker, SharedLimits, Tls};

impl Decoder<'_> {
    pub(super) fn bounds(&mut self, node: Node<'_>) -> Bounds {
        let mut bounds = Bounds::default();
        let largest = bounds.body_bytes;
        let keys = [
            "body_bytes",
            "answer_bytes",
            "upload_bytes",
            "connections",
            "head_s",
            "body_s",
            "reader_s",
            "drain_s",
        ];
        for Entry { key, value, .. } in self.map(node, "`bounds`", &keys).unwrap_or_default() {
            match &*key {
                "body_bytes" => self.size(&value, largest, &mut bounds.body_bytes),
                "answer_bytes" => self.size(&value, largest, &mut bounds.answer_bytes),
                "upload_bytes" => self.number(&value, 1..=1 << 40, &mut bounds.upload_bytes),
                "connections" => self.size(&value, 1_000_000, &mut bounds.connections),
                "head_s" => self.number(&value, 1..=3600, &mut bounds.head_s),
                "body_s" => self.number(&value, 1..=86_400, &mut bounds.body_s),
                "reader_s" => self.number(&value, 1..=86_400, &mut bounds.reader_s),
                "drain_s" => self.number(&value, 0..=3600, &mut bounds.drain_s),
                _ => {}
            }
        }
        bounds
    }

    pub(super) fn breaker(&mut self, node: Node<'_>) -> Breaker {
        let mut breaker = Breaker::default();
        let mut failures = u64::from(breaker.failures);
        let entries = self.map(node, "`breaker`", &["failures", "open_s"]);
        for Entry { key, value, .. } in entries.unwrap_or_default() {
            match &*key {
                "failures" => self.number(&value, 1..=1_000_000, &mut failures),
                "open_s" => self.number(&value, 1..=86_400, &mut breaker.open_s),
                _ => {}
            }
        }
        breaker.failures = u32::try_from(failures).unwrap_or(u32::MAX);
        breaker
    }

    /// Without either of them there is nothing to serve with.
    pub(super) fn tls(&mut self, node: Node<'_>) -> Option<Tls> {
        let span = start(node.span);
        let (mut certificate, mut key) = (None, None);
        let mut said = Vec::new();
        let entries = self.map(node, "`tls`", &["certificate", "key"])?;
        for entry in entries {
            match &*entry.key {
                "certificate" => certificate = self.secret(&entry.value),
                "key" => key = self.secret(&entry.value),
                _ => {}
            }
            said.push(entry.key);
        }
        for name in ["certificate", "key"] {
            if !said.iter().any(|key| **key == *name) {
                self.report(diags::missing_key(span, name, "`tls`"));
            }
        }
        Some(Tls {
            certificate: certificate?,
            key: key?,
        })
    }

    pub(super) fn shared_limits(&mut self, node: Node<'_>) -> Option<SharedLimits> {
        let span = start(node.span);
        let (mut redis, mut said, mut replicas) = (None, false, 1);
        for Entry { key, value, .. } in self.map(node, "`shared_limits`", &["redis", "replicas"])? {
            match &*key {
                "redis" => {
                    said = true;
                    redis = self.secret(&value);
                }
                "replicas" => self.number(&value, 1..=10_000, &mut replicas),
                _ => {}
            }
        }
        if !said {
            self.report(diags::missing_key(span, "redis", "`shared_limits`"));
        }
        Some(SharedLimits {
            redis: redis?,
            replicas: u32::try_from(replicas).unwrap_or(u32::MAX),
        })
    }
}
