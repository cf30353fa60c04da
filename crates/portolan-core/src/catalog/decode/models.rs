//! Models with their offerings, pairs and prices: which keys each takes.

use super::{Decoder, Form, diags};
use crate::catalog::raw;
use crate::catalog::shape;
use crate::catalog::tree::{Node, Value};

impl Decoder {
    pub(super) fn model(
        &mut self,
        name: &raw::Text,
        node: Node<'_>,
    ) -> (raw::Model, Option<Box<raw::Aside>>) {
        let mut model = raw::Model::default();
        let form = Form {
            of: "a model",
            shape: &shape::MODEL,
            at: name.span,
        };
        let aside = self.keys(node, &form, |d, key, node| match key {
            "title" => model.title = d.text(&node, "a title"),
            "maker" => model.maker = d.name(&node),
            "released" => model.released = d.instant(&node),
            "retires" => model.retires = d.instant(&node),
            "successor" => model.successor = d.name(&node),
            "context_window" => model.context_window = d.token_fact(node, "a context window"),
            "max_output" => model.max_output = d.token_fact(node, "an output limit"),
            "capabilities" => model.capabilities = d.word_fact(node, "dated capabilities"),
            "parameters" => model.parameters = d.word_fact(node, "dated parameters"),
            "scores" => {
                let scores = d.section(node, "scores", |d, _, node| (d.score_fact(node), None));
                model.scores = scores.into_iter().map(|s| (s.name, s.value)).collect();
            }
            "price" => model.price = d.price(node),
            "offerings" => model.offerings = d.offerings(node),
            _ => {}
        });
        (model, aside)
    }

    fn offerings(&mut self, node: Node<'_>) -> Vec<raw::Offering> {
        let kind = node.kind();
        let Value::Sequence(items) = node.value else {
            self.report(diags::wrong_kind(node.span, "a list of offerings", kind));
            return Vec::new();
        };
        items.into_iter().map(|item| self.offering(item)).collect()
    }

    fn offering(&mut self, node: Node<'_>) -> raw::Offering {
        let span = node.span;
        let mut offering = raw::Offering {
            span,
            region: None,
            providers: Vec::new(),
            own: None,
            aside: None,
        };
        let form = Form {
            of: "an offering",
            shape: &shape::OFFERING,
            at: span,
        };
        let mut provider = None;
        let aside = self.keys(node, &form, |d, key, node| match key {
            "region" => offering.region = d.name(&node),
            "provider" => provider = d.name(&node),
            "providers" => offering.providers = d.words(node),
            "endpoints" => own(&mut offering).endpoints = Some(d.words(node)),
            "context_window" => {
                own(&mut offering).context_window = d.token_fact(node, "a context window");
            }
            "max_output" => own(&mut offering).max_output = d.token_fact(node, "an output limit"),
            "capabilities" => {
                own(&mut offering).capabilities = d.word_fact(node, "dated capabilities");
            }
            "parameters" => own(&mut offering).parameters = d.word_fact(node, "dated parameters"),
            "price" => own(&mut offering).price = d.price(node),
            "multiplier" => own(&mut offering).multiplier = d.multiplier_fact(node),
            "pairs" => own(&mut offering).pairs = d.pairs(node),
            key => d.term(&mut own(&mut offering).terms, key, node),
        });
        offering.aside = aside;
        match (provider, offering.providers.first()) {
            (Some(provider), Some(first)) => {
                let found =
                    diags::conflicting_keys(provider.span, "provider", first.span, "providers");
                self.report(found);
            }
            (Some(provider), None) => offering.providers = vec![provider],
            (None, _) => {}
        }
        offering
    }

    fn term(&mut self, terms: &mut raw::Terms, key: &str, node: Node<'_>) {
        match key {
            "processing" => terms.processing = self.place_fact(node),
            "storage" => terms.storage = self.place_fact(node),
            "retention" => terms.retention = self.retention_fact(node),
            "upstream_id" => terms.upstream_id = self.name(&node),
            "url" => terms.url = self.name(&node),
            _ => {}
        }
    }

    fn pairs(&mut self, node: Node<'_>) -> Vec<raw::Pair> {
        let kind = node.kind();
        let Value::Sequence(items) = node.value else {
            self.report(diags::wrong_kind(node.span, "a list of pairs", kind));
            return Vec::new();
        };
        let mut pairs = Vec::with_capacity(items.len());
        for item in items {
            let span = item.span;
            let form = Form {
                of: "a pair",
                shape: &shape::PAIR,
                at: span,
            };
            let mut endpoint = None;
            let mut terms = raw::Terms::default();
            let aside = self.keys(item, &form, |d, key, node| match key {
                "endpoint" => endpoint = d.name(&node),
                key => d.term(&mut terms, key, node),
            });
            pairs.push(raw::Pair {
                span,
                endpoint,
                terms,
                aside,
            });
        }
        pairs
    }

    /// One row, a row in `value`, or a list of either.
    fn price(&mut self, node: Node<'_>) -> Vec<raw::PriceRow> {
        let items = match node.value {
            Value::Sequence(items) => items,
            Value::Scalar { .. } | Value::Map(_) => vec![node],
        };
        items.into_iter().map(|item| self.price_row(item)).collect()
    }

    fn price_row(&mut self, node: Node<'_>) -> raw::PriceRow {
        let span = node.span;
        let wrapped = matches!(&node.value, Value::Map(entries)
            if entries.iter().any(|entry| entry.key == "value"));
        let mut row = raw::PriceRow {
            span: Some(span),
            ..raw::PriceRow::default()
        };
        let form = Form {
            of: "a price",
            shape: if wrapped {
                &shape::WRAPPED_PRICE
            } else {
                &shape::PRICE
            },
            at: span,
        };
        let inner = Form {
            shape: &shape::PRICE_VALUE,
            ..form
        };
        if !has_amount(&node) {
            self.report(diags::empty_price(span));
        }
        row.aside = self.keys(node, &form, |d, key, node| match key {
            "value" => {
                let _ = d.keys(node, &inner, |d, key, node| d.amount(&mut row, key, &node));
            }
            key => d.amount(&mut row, key, &node),
        });
        row
    }

    fn amount(&mut self, row: &mut raw::PriceRow, key: &str, node: &Node<'_>) {
        match key {
            "input" => row.input = self.money(node),
            "output" => row.output = self.money(node),
            "cache_read" => row.cache_read = self.money(node),
            "cache_write" => row.cache_write = self.money(node),
            "above_input_tokens" => row.above_input_tokens = self.tokens(node),
            "service_tier" => row.service_tier = self.name(node),
            _ => {}
        }
    }
}

/// What an offering states itself, from now on something.
fn own(offering: &mut raw::Offering) -> &mut raw::Own {
    offering.own.get_or_insert_default()
}

/// Says whether a row names an amount, or is no row at all.
fn has_amount(node: &Node<'_>) -> bool {
    let Value::Map(entries) = &node.value else {
        return true;
    };
    entries.iter().any(|entry| match &*entry.key {
        "input" | "output" | "cache_read" | "cache_write" => true,
        "value" => !matches!(&entry.value.value, Value::Map(inner) if inner.is_empty()),
        _ => false,
    })
}
