//! Entries of every section but models: which keys each takes.

use super::{Decoder, Form, diags};
use crate::catalog::raw;
use crate::catalog::shape;
use crate::catalog::tree::{Node, Value};
use crate::source::Spanned;

/// An entry and what stands beside it.
type Entry<T> = (T, Option<Box<raw::Aside>>);

impl Decoder {
    pub(super) fn origin(&mut self, name: &raw::Text, node: Node<'_>) -> Entry<raw::Origin> {
        let mut origin = raw::Origin::default();
        let form = Form {
            of: "a source",
            shape: &shape::ORIGIN,
            at: name.span,
        };
        let aside = self.keys(node, &form, |d, key, node| match key {
            "title" => origin.title = d.text(&node, "a title"),
            "url" => origin.url = d.text(&node, "a URL"),
            _ => {}
        });
        (origin, aside)
    }

    pub(super) fn place(&mut self, name: &raw::Text, node: Node<'_>) -> Entry<raw::Place> {
        let mut place = raw::Place::default();
        if !matches!(node.value, Value::Map(_)) {
            place.members = self.members(node);
            return (place, None);
        }
        let form = Form {
            of: "a place",
            shape: &shape::PLACE,
            at: name.span,
        };
        let aside = self.keys(node, &form, |d, key, node| match key {
            "members" => place.members = d.members(node),
            "title" => place.title = d.text(&node, "a title"),
            _ => {}
        });
        (place, aside)
    }

    fn members(&mut self, node: Node<'_>) -> Vec<raw::Period<Box<str>>> {
        let span = node.span;
        let items = match node.value {
            Value::Sequence(items) => items,
            Value::Scalar { .. } | Value::Map(_) => vec![node],
        };
        if items.is_empty() {
            self.report(diags::empty_list(span, "places"));
        }
        let members = items.into_iter();
        members.filter_map(|item| self.member(item)).collect()
    }

    fn member(&mut self, node: Node<'_>) -> Option<raw::Period<Box<str>>> {
        if !matches!(node.value, Value::Map(_)) {
            let value = self.name(&node)?;
            return Some(raw::Period { value, aside: None });
        }
        let form = Form {
            of: "a member",
            shape: &shape::MEMBER,
            at: node.span,
        };
        let mut value = None;
        let aside = self.keys(node, &form, |d, _, node| value = d.name(&node));
        value.map(|value| raw::Period { value, aside })
    }

    pub(super) fn score(&mut self, name: &raw::Text, node: Node<'_>) -> Entry<raw::Score> {
        let mut score = raw::Score::default();
        let form = Form {
            of: "a kind of score",
            shape: &shape::SCORE,
            at: name.span,
        };
        let aside = self.keys(node, &form, |d, key, node| match key {
            "better" => {
                let choice = d.choice(&node, &["higher", "lower"]);
                score.higher_is_better = choice.map(|c| c.value == 0);
            }
            "unit" => score.unit = d.text(&node, "a unit"),
            _ => {}
        });
        (score, aside)
    }

    pub(super) fn region(&mut self, name: &raw::Text, node: Node<'_>) -> Entry<raw::Region> {
        let mut region = raw::Region::default();
        let form = Form {
            of: "a region",
            shape: &shape::REGION,
            at: name.span,
        };
        let aside = self.keys(node, &form, |d, key, node| match key {
            "processing" => region.processing = d.place_fact(node),
            "storage" => region.storage = d.place_fact(node),
            "multiplier" => region.multiplier = d.multiplier_fact(node),
            "usage" => region.usage = d.name(&node),
            "url" => region.url = d.name(&node),
            "title" => region.title = d.text(&node, "a title"),
            _ => {}
        });
        (region, aside)
    }

    pub(super) fn endpoint(&mut self, name: &raw::Text, node: Node<'_>) -> Entry<raw::Endpoint> {
        let mut endpoint = raw::Endpoint::default();
        let form = Form {
            of: "an endpoint",
            shape: &shape::ENDPOINT,
            at: name.span,
        };
        let aside = self.keys(node, &form, |d, key, node| match key {
            "host" => endpoint.host = d.name(&node),
            "path" => endpoint.path = d.name(&node),
            "url" => endpoint.url = d.name(&node),
            "ingress" => endpoint.ingress = d.place_fact(node),
            "region" => endpoint.region = d.name(&node),
            "default" => endpoint.default = d.flag(&node),
            "executes" => endpoint.executes = d.words(node),
            _ => {}
        });
        match (&endpoint.path, &endpoint.url) {
            (None, None) => self.report(diags::missing_key(name.span, "path", form.of)),
            (Some(path), Some(url)) => {
                self.report(diags::conflicting_keys(url.span, "url", path.span, "path"));
            }
            (Some(_), None) | (None, Some(_)) => {}
        }
        (endpoint, aside)
    }

    pub(super) fn maker(&mut self, name: &raw::Text, node: Node<'_>) -> Entry<raw::Maker> {
        let mut maker = raw::Maker::default();
        let form = Form {
            of: "a maker",
            shape: &shape::MAKER,
            at: name.span,
        };
        let aside = self.keys(node, &form, |d, _, node| {
            maker.title = d.text(&node, "a title");
        });
        (maker, aside)
    }

    pub(super) fn provider(&mut self, name: &raw::Text, node: Node<'_>) -> Entry<raw::Provider> {
        let mut provider = raw::Provider::default();
        let form = Form {
            of: "a provider",
            shape: &shape::PROVIDER,
            at: name.span,
        };
        let aside = self.keys(node, &form, |d, key, node| match key {
            "title" => provider.title = d.text(&node, "a title"),
            "retention" => provider.retention = d.retention_fact(node),
            "processing" => provider.processing = d.place_fact(node),
            "storage" => provider.storage = d.place_fact(node),
            "url" => provider.url = d.name(&node),
            _ => {}
        });
        (provider, aside)
    }

    /// A model id, a map with one, or a list of such maps.
    pub(super) fn alias(
        &mut self,
        name: &raw::Text,
        node: Node<'_>,
    ) -> Entry<raw::Fact<raw::AliasTarget>> {
        let span = node.span;
        let items = match node.value {
            Value::Sequence(items) => items,
            Value::Scalar { .. } | Value::Map(_) => vec![node],
        };
        if items.is_empty() {
            self.report(diags::empty_list(span, "models"));
        }
        let mut targets = Vec::new();
        for item in items {
            let span = item.span;
            if !matches!(item.value, Value::Map(_)) {
                let model = self.name(&item);
                targets.extend(model.map(|model| raw::Period {
                    value: Spanned::new(
                        raw::AliasTarget {
                            model,
                            region: None,
                        },
                        span,
                    ),
                    aside: None,
                }));
                continue;
            }
            let form = Form {
                of: "an alias",
                shape: &shape::ALIAS,
                at: name.span,
            };
            let (mut model, mut region) = (None, None);
            let aside = self.keys(item, &form, |d, key, node| match key {
                "model" => model = d.name(&node),
                "region" => region = d.name(&node),
                _ => {}
            });
            targets.extend(model.map(|model| raw::Period {
                value: Spanned::new(raw::AliasTarget { model, region }, span),
                aside,
            }));
        }
        (targets, None)
    }
}
