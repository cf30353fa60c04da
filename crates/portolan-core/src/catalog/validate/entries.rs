//! Scores, regions, endpoints, makers and providers.

use std::collections::BTreeSet;

use super::{Checker, diags};
use crate::catalog::catalog::{Endpoint, Executes, Maker, Provider, Region, RegionId, ScoreKind};
use crate::catalog::raw;
use crate::catalog::shape::SLOTS;

impl Checker {
    pub(super) fn check_scores(&mut self, raw: Vec<raw::Named<raw::Score>>) -> Vec<ScoreKind> {
        let mut scores = Vec::with_capacity(raw.len());
        for entry in raw {
            self.provenance(entry.aside.as_deref());
            scores.push(ScoreKind {
                name: entry.name.value,
                higher_is_better: entry.value.higher_is_better.unwrap_or(true),
                unit: entry.value.unit.map(|unit| unit.value),
                span: entry.name.span,
            });
        }
        scores
    }

    pub(super) fn check_makers(&mut self, raw: Vec<raw::Named<raw::Maker>>) -> Vec<Maker> {
        let mut makers = Vec::with_capacity(raw.len());
        for entry in raw {
            self.provenance(entry.aside.as_deref());
            makers.push(Maker {
                name: entry.name.value,
                title: entry.value.title.map(|title| title.value),
                span: entry.name.span,
            });
        }
        makers
    }

    pub(super) fn check_regions(&mut self, raw: Vec<raw::Named<raw::Region>>) -> Vec<Region> {
        let mut regions = Vec::with_capacity(raw.len());
        for entry in raw {
            self.provenance(entry.aside.as_deref());
            let region = entry.value;
            let usage = region.usage.map(|usage| usage.value);
            regions.push(Region {
                processing: self.place_names(region.processing, "`processing`"),
                storage: self.place_names(region.storage, "`storage`"),
                multiplier: self.decimals(region.multiplier, "a multiplier"),
                usage: usage.unwrap_or_else(|| entry.name.value.clone()),
                url: self.template(region.url),
                name: entry.name.value,
                span: entry.name.span,
            });
        }
        regions
    }

    pub(super) fn check_providers(&mut self, raw: Vec<raw::Named<raw::Provider>>) -> Vec<Provider> {
        let mut providers = Vec::with_capacity(raw.len());
        for entry in raw {
            self.provenance(entry.aside.as_deref());
            let provider = entry.value;
            providers.push(Provider {
                name: entry.name.value,
                title: provider.title.map(|title| title.value),
                retention: self.retention(provider.retention),
                processing: self.place_names(provider.processing, "`processing`"),
                storage: self.place_names(provider.storage, "`storage`"),
                url: self.template(provider.url),
                span: entry.name.span,
            });
        }
        providers
    }

    pub(super) fn check_endpoints(&mut self, raw: Vec<raw::Named<raw::Endpoint>>) -> Vec<Endpoint> {
        let mut default = None;
        let mut endpoints = Vec::with_capacity(raw.len());
        for entry in raw {
            self.provenance(entry.aside.as_deref());
            let endpoint = entry.value;
            let flag = endpoint.default.filter(|flag| flag.value);
            if let (Some(first), Some(flag)) = (default, flag) {
                self.report(diags::second_default(flag.span, first));
            }
            default = default.or(flag.map(|flag| flag.span));
            self.check_host(endpoint.host.as_ref());
            let whole = self.template(endpoint.url);
            let path = self.path(endpoint.path);
            let region = endpoint
                .region
                .and_then(|r| self.resolve(|c| &c.regions, &r));
            self.no_repetition(&endpoint.executes);
            endpoints.push(Endpoint {
                host: endpoint.host.map(|host| host.value).unwrap_or_default(),
                url: whole.or(path).unwrap_or_default(),
                ingress: self.place_names(endpoint.ingress, "`ingress`"),
                // Where there is none, an error was reported and the catalog is not used.
                region: RegionId(region.unwrap_or(u32::MAX)),
                default: flag.is_some(),
                executes: self.executes(&endpoint.executes),
                name: entry.name.value,
                span: entry.name.span,
            });
        }
        endpoints
    }

    fn executes(&mut self, names: &[raw::Text]) -> BTreeSet<Executes> {
        let mut executes = BTreeSet::new();
        for name in names {
            let mut all = Executes::ALL.into_iter();
            let known = all.find(|what| what.name() == &*name.value);
            executes.extend(known);
            if known.is_none() {
                let words = Executes::ALL.map(Executes::name);
                let near = self.speller.nearest(&name.value, words.into_iter());
                self.report(diags::unknown_execution(name.span, &name.value, near));
            }
        }
        executes
    }

    fn check_host(&mut self, host: Option<&raw::Text>) {
        let Some(host) = host else { return };
        let plain =
            |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']');
        if !host.value.bytes().all(plain) {
            let why = "is not a host: no scheme, no path, ASCII only";
            self.report(diags::bad_url(host.span, &host.value, why));
        }
    }

    fn path(&mut self, path: Option<raw::Text>) -> Option<Box<str>> {
        let path = path?;
        if !path.value.starts_with('/') {
            let why = "does not begin with `/`";
            self.report(diags::bad_url(path.span, &path.value, why));
        }
        self.check_slots(&path);
        Some(format!("https://{{host}}{}", path.value).into())
    }

    /// A whole URL template.
    pub(super) fn template(&mut self, url: Option<raw::Text>) -> Option<Box<str>> {
        let url = url?;
        if !url.value.starts_with("https://") && !url.value.starts_with("http://") {
            let why = "does not begin with `https://`";
            self.report(diags::bad_url(url.span, &url.value, why));
        }
        self.check_slots(&url);
        Some(url.value)
    }

    fn check_slots(&mut self, url: &raw::Text) {
        let visible = |c: char| c.is_ascii() && !c.is_ascii_whitespace();
        if !url.value.chars().all(visible) {
            let why = "has characters that no URL has";
            self.report(diags::bad_url(url.span, &url.value, why));
        }
        let mut rest = &*url.value;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((slot, tail)) = after.split_once('}') else {
                let why = "has a `{` without its `}`";
                return self.report(diags::bad_url(url.span, &url.value, why));
            };
            if before.contains('}') {
                break;
            }
            if !SLOTS.contains(&slot) {
                let near = self.speller.nearest(slot, SLOTS.into_iter());
                self.report(diags::unknown_slot(url.span, slot, near));
            }
            rest = tail;
        }
        if rest.contains('}') {
            let why = "has a `}` without its `{`";
            self.report(diags::bad_url(url.span, &url.value, why));
        }
    }
}
