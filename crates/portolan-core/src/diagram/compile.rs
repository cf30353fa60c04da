//! Compiling: one model after another, each shape once.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::build::{Build, Common, Diagrams};
use super::field::Field;
use super::flat::{At, Flat, Laying, Layout, halves};
use super::fold::{Fold, Subject};
use super::intern::Memo;
use super::key::{Key, Strips};
use super::locks::{self, Group};
use super::panel;
use super::price::{Collected, plain};
use super::profile::{self, Profile};
use super::shape::{Questions, Slots};
use super::site::{NO_PRICE, Pace, Prices, Sale, Selling, Spot};
use super::store::{self, Inconclusive, Store};
use super::table::{ALIAS, Stored, Table};
use super::verdict::{Answers, Verdict};
use super::vocabulary::Vocabulary;
use super::{Compiled, Does, Effect, End, Rules, Shape, Warns, walk};
use crate::catalog::{AliasTarget, Catalog, EndpointId, RegionId, Route};
use crate::instant::Window;
use crate::policy::{BodyField, Policy, Rule, RuleId, RuleKind, SetField, Term};

/// A shape that could not be built.
const INTERPRETED: u32 = ALIAS - 1;

/// Compiles one model after another.
struct Compiler<'a> {
    vocabulary: &'a Vocabulary<'a>,
    fold: Fold<'a>,
    questions: Questions,
    store: Store,
    common: Common,
    layout: Layout,
    answers: RefCell<Answers>,
    known: Memo<Key>,
    strips: Strips,
    shapes: Vec<Shape>,
    table: Table,
    prices: Collected,
    selling: Selling,
    rules: Rules,
    /// By endpoint: locks that demand the same.
    groups: Vec<Vec<Group>>,
    /// Whether a group applies, for those that are asked apart.
    apart: Vec<At>,
}

pub(super) fn compile(catalog: &Catalog, policy: &Policy) -> Result<Compiled, Inconclusive> {
    let vocabulary = Vocabulary::new(catalog, policy, &[])?;
    let fold = Fold::new(&vocabulary);
    let questions = Questions::new(&vocabulary, &fold)?;
    let models = catalog.models.iter().map(|model| &*model.id);
    let aliases = catalog.aliases.iter().map(|alias| &*alias.id);
    let mut compiler = Compiler {
        vocabulary: &vocabulary,
        fold,
        questions,
        store: Store::default(),
        common: Common::default(),
        layout: Layout::default(),
        answers: RefCell::default(),
        known: Memo::default(),
        strips: Strips::default(),
        shapes: Vec::new(),
        table: Table::new(models.chain(aliases)),
        prices: Collected::default(),
        selling: Selling::default(),
        rules: Rules::new(policy),
        groups: Vec::new(),
        apart: Vec::new(),
    };
    compiler.group()?;
    for (id, model) in (0u32..).zip(&catalog.models) {
        let target = AliasTarget {
            model: crate::catalog::ModelId(id),
            region: None,
        };
        let stored = compiler.subject(&model.id, target);
        compiler.table.insert(&model.id, &stored);
    }
    let aliases = compiler.aliases()?;
    let mut nobody = |subject| {
        let (shape, numbers) = compiler.shape(subject, &[]);
        compiler.table.append(&Stored {
            shape,
            numbers,
            ..Stored::default()
        })
    };
    let absent = nobody(Subject::Absent);
    let unknown = nobody(Subject::Unknown);
    let Compiler {
        shapes,
        mut table,
        layout,
        answers,
        prices,
        selling,
        rules,
        apart,
        ..
    } = compiler;
    let Answers {
        verdicts, orders, ..
    } = answers.into_inner();
    let attributes = (0u16..).zip(&policy.attributes).map(|(index, _)| {
        let classes = vocabulary.classes.get(&index).cloned().unwrap_or_default();
        let texts = vocabulary.texts.get(&Field::Attribute(index));
        (index, (classes, texts.cloned().unwrap_or_default()))
    });
    let flat = Flat::new(layout, &vocabulary, apart);
    let (verdicts, orders) = (verdicts.into_keys(), orders.into_keys());
    let walked = panel::Walked {
        flat: &flat,
        shapes: &shapes,
        verdicts: &verdicts,
        orders: &orders,
        rules: &rules,
        most: policy.plan_at_most.unwrap_or(usize::MAX),
    };
    let panel = panel::build(&walked, &mut table);
    Ok(Compiled {
        plain: !panel.wide && policy.model_prefix.is_none(),
        flat,
        table,
        shapes,
        aliases,
        panel,
        sold: selling.finish(catalog),
        prices: prices.finish(),
        verdicts,
        orders,
        rules,
        defaults: vocabulary.defaults,
        attributes: attributes.collect(),
        left_out: 0,
        absent,
        unknown,
    })
}

impl<'a> Compiler<'a> {
    /// Groups the locks, for every endpoint.
    fn group(&mut self) -> Result<(), Inconclusive> {
        let endpoints =
            0..u32::try_from(self.vocabulary.catalog.endpoints.len()).map_err(|_| Inconclusive)?;
        let (profile, slots) = (Profile { ends: Vec::new() }, Slots::default());
        for endpoint in endpoints.map(EndpointId) {
            let end = profile::End::without_routes(endpoint);
            self.store.clear();
            let mut answers = self.answers.borrow_mut();
            let mut build = Build {
                vocabulary: self.vocabulary,
                questions: &self.questions,
                fold: &self.fold,
                profile: &profile,
                slots: &slots,
                common: self.common.of(&self.store),
                store: &mut self.store,
                answers: &mut answers,
                truths: Memo::default(),
                groups: &[],
            };
            let (layout, questions) = (&mut self.layout, &self.questions);
            let apart = &mut self.apart;
            let groups = build.groups(&end, apart, &mut |build, diagram| {
                Laying::new(layout, build.store, questions, &slots, &|_| false)?.lay(diagram)
            })?;
            self.groups.push(groups);
        }
        let apart = u16::try_from(self.apart.len()).map_err(|_| Inconclusive)?;
        for group in 0..apart {
            self.questions.cuts.insert(Field::Applies(group), vec![1]);
        }
        Ok(())
    }

    /// The records of what aliases stand for, by date.
    fn aliases(&mut self) -> Result<Vec<Vec<(Window, u32)>>, Inconclusive> {
        let catalog = self.vocabulary.catalog;
        let mut aliases = Vec::new();
        for alias in &catalog.aliases {
            // A model's own id goes before an alias.
            if catalog.model_named(&alias.id).is_some() {
                continue;
            }
            let periods = alias.target.periods().iter().map(|(window, target)| {
                let stored = self.subject(&alias.id, *target);
                (*window, self.table.append(&stored))
            });
            let periods = periods.collect();
            let position = u32::try_from(aliases.len()).map_err(|_| Inconclusive)?;
            let stored = Stored {
                shape: ALIAS | position,
                ..Stored::default()
            };
            self.table.insert(&alias.id, &stored);
            aliases.push(periods);
        }
        Ok(aliases)
    }

    /// What is kept of what an id stands for.
    fn subject(&mut self, text: &'a str, target: AliasTarget) -> Stored {
        let catalog = self.vocabulary.catalog;
        let routes = routes_of(catalog, target);
        let (shape, numbers) = self.shape(Subject::Model(target.model, text), &routes);
        Stored {
            shape,
            numbers,
            sale: self.sale(&routes),
        }
    }

    /// How a model is sold that has these routes.
    fn sale(&mut self, routes: &[Route]) -> Sale {
        let catalog = self.vocabulary.catalog;
        let mut base = None;
        let mut sold = Vec::with_capacity(routes.len());
        for same in routes.chunk_by(|a, b| a.offering == b.offering) {
            let Some(offering) = same.first().map(|route| route.offering) else {
                continue;
            };
            let plain = plain(catalog, offering);
            let pace = plain.and_then(|prices| Pace::of(&prices, base));
            base = base.or(pace.map(|(_, base)| base));
            let prices = match pace {
                Some((pace, _)) => Prices::Pace(pace),
                None => match self.prices.add(catalog, offering) {
                    Some(list) => Prices::List(list),
                    None => Prices::Catalog,
                },
            };
            let region = catalog.offering(offering).map(|o| o.region);
            for route in same {
                let url = catalog.url_of_any_model(*route).map(Into::into);
                let spot = Spot {
                    endpoint: route.endpoint,
                    region: region.unwrap_or(RegionId(u32::MAX)),
                    url: self.selling.url(url),
                    prices: prices.clone(),
                };
                sold.push((offering, spot));
            }
        }
        self.selling.sale(sold, base.unwrap_or(NO_PRICE))
    }

    /// The shape of a subject, built where it is new, and the subject's numbers.
    fn shape(&mut self, subject: Subject<'a>, routes: &[Route]) -> (u32, Vec<i64>) {
        if routes.len() > usize::from(u16::MAX) {
            return (INTERPRETED, Vec::new());
        }
        let number = |order| self.answers.borrow_mut().orders.intern(order);
        let profile = Profile::new(&self.fold, &self.questions, subject, routes, &number);
        let Ok(mut profile) = profile else {
            return (INTERPRETED, Vec::new());
        };
        let slots = Slots::of(&profile, &self.questions, &self.fold);
        let key = Key::new(
            &slots,
            subject,
            &mut profile,
            &self.questions,
            &self.fold.known.borrow(),
            &mut self.strips,
        );
        let shape = if let Some(known) = self.known.get(&key) {
            known
        } else {
            let shape = match self.build(subject, &profile, &slots) {
                Ok(shape) => {
                    self.shapes.push(shape);
                    u32::try_from(self.shapes.len() - 1).unwrap_or(INTERPRETED)
                }
                Err(Inconclusive) => INTERPRETED,
            };
            self.known.insert(key, shape);
            shape
        };
        let cuts = slots.cuts.iter().map(|(_, cut)| *cut);
        let masks = slots.masks.iter().flat_map(|(_, mask)| halves(*mask));
        (shape, cuts.chain(masks).collect())
    }

    fn build(
        &mut self,
        subject: Subject<'_>,
        profile: &Profile,
        slots: &Slots,
    ) -> Result<Shape, Inconclusive> {
        if !slots.fit(&self.questions) {
            return Err(Inconclusive);
        }
        self.store.next();
        let mut answers = self.answers.borrow_mut();
        let build = Build {
            vocabulary: self.vocabulary,
            questions: &self.questions,
            fold: &self.fold,
            profile,
            slots,
            common: self.common.of(&self.store),
            store: &mut self.store,
            answers: &mut answers,
            truths: Memo::default(),
            groups: &self.groups,
        };
        let diagrams = build.all(subject)?;
        let hoped = |answer: u32| {
            let verdict = answers.verdicts.get(answer);
            matches!(verdict, Some(Verdict::Survive(_)))
        };
        let (layout, store) = (&mut self.layout, &self.store);
        let mut laying = Laying::new(layout, store, &self.questions, slots, &hoped)?;
        let rules = &self.rules;
        let ends = diagrams.iter().map(|end| lay(&mut laying, rules, end));
        let ends = ends.collect::<Result<_, _>>()?;
        let slots = slots.cuts.len() + 2 * slots.masks.len();
        let slots = u32::try_from(slots).map_err(|_| Inconclusive)?;
        Ok(Shape { ends, slots })
    }
}

/// The routes of what an id stands for, through every endpoint, in catalog order.
pub(super) fn routes_of(catalog: &Catalog, target: AliasTarget) -> Vec<Route> {
    let endpoints = 0..u32::try_from(catalog.endpoints.len()).unwrap_or(u32::MAX);
    let offerings = catalog
        .model(target.model)
        .map_or(&[][..], |m| &m.offerings);
    let mut routes = Vec::new();
    for offering in offerings {
        let region = catalog.offering(*offering).map(|o| o.region);
        if target.region.is_some() && target.region != region {
            continue;
        }
        let through = endpoints.clone().map(|endpoint| Route {
            offering: *offering,
            endpoint: EndpointId(endpoint),
        });
        routes.extend(through.filter(|route| catalog.reaches(*route)));
    }
    routes
}

fn lay(laying: &mut Laying<'_>, rules: &Rules, diagrams: &Diagrams) -> Result<End, Inconclusive> {
    let mut each = |list: &[(RuleId, store::Diagram)]| {
        let laid = list.iter().map(|(id, d)| Ok((*id, laying.lay(*d)?)));
        laid.collect::<Result<Box<[_]>, Inconclusive>>()
    };
    let last = diagrams
        .routes
        .last()
        .map_or(0, |last| usize::from(*last) + 1);
    let mut effects: Vec<Box<[Effect]>> = vec![Box::default(); last];
    let mut skips: Vec<Box<[(RuleId, At)]>> = vec![Box::default(); last];
    let does = |rule: RuleId| *rules.effects.get(rule.0 as usize)?;
    for (candidate, route) in diagrams.routes.iter().enumerate() {
        let effect = |(rule, root): &(RuleId, At)| {
            let (rule, root) = (*rule, *root);
            does(rule).map(|does| Effect { rule, root, does })
        };
        let route = usize::from(*route);
        let lists = (diagrams.effects.get(candidate), effects.get_mut(route));
        if let (Some(list), Some(place)) = lists {
            *place = each(list)?.iter().filter_map(effect).collect();
        }
        let lists = (diagrams.skips.get(candidate), skips.get_mut(route));
        if let (Some(list), Some(place)) = lists {
            *place = each(list)?;
        }
    }
    let retries = each(&diagrams.retries)?;
    let [outer, inner] = diagrams.verdicts;
    Ok(End {
        verdicts: [laying.lay(outer)?, laying.lay(inner)?],
        order: laying.lay(diagrams.order)?,
        routes: diagrams.routes.clone().into(),
        effects: effects.into(),
        skips: skips.into(),
        retries,
        locks: locks::lay(laying, &diagrams.locks, &diagrams.routes)?,
    })
}

impl Rules {
    fn new(policy: &Policy) -> Self {
        let mut rules = Self {
            warnings: vec![None; policy.rules.len()],
            ..Self::default()
        };
        let mut fields: Vec<&SetField> = Vec::new();
        let mut codes: BTreeMap<&str, Vec<RuleId>> = BTreeMap::new();
        for (id, rule) in policy.rules() {
            let does = match &rule.kind {
                RuleKind::Set { field, noting, .. } => {
                    let known = fields.iter().position(|known| *known == field);
                    let position = known.unwrap_or_else(|| {
                        fields.push(field);
                        fields.len() - 1
                    });
                    rules.sets_tier |= *field == SetField::Known(BodyField::ServiceTier);
                    if noting.is_some() {
                        codes.entry(rule.kind.code()).or_default().push(id);
                    }
                    Some(Does::Set {
                        field: u16::try_from(position).unwrap_or(u16::MAX),
                        noting: noting.is_some(),
                    })
                }
                RuleKind::Warn { code } => {
                    codes.entry(code).or_default().push(id);
                    Some(Does::Warn)
                }
                RuleKind::Limit { .. } => Some(Does::Limit),
                RuleKind::Skip(_) => {
                    let terms = rule.when.terms();
                    rules.scopes.insert(id, walk::scopes(&terms));
                    None
                }
                RuleKind::UnknownModel { chain, .. } => {
                    rules.unknown.get_or_insert((id, *chain));
                    None
                }
                RuleKind::BeyondDepth(_) => {
                    rules.beyond_depth.get_or_insert(id);
                    None
                }
                RuleKind::NotOffered(_)
                | RuleKind::OtherEndpoint(_)
                | RuleKind::Refuse { .. }
                | RuleKind::Exclude(_)
                | RuleKind::Lock { .. }
                | RuleKind::Retry { .. } => None,
            };
            rules.effects.push(does);
        }
        for (code, same) in (0u32..).zip(codes.values()) {
            for id in same {
                let Some(rule) = policy.rule(*id) else {
                    continue;
                };
                let (of_attempt, of_route) = reads(rule);
                let warns = Warns {
                    code,
                    only: same.len() == 1,
                    of_attempt,
                    of_route,
                };
                if let Some(place) = rules.warnings.get_mut(id.0 as usize) {
                    *place = Some(warns);
                }
            }
        }
        rules
    }
}

/// Whether what a rule asks and says depends on the attempt, and on its route.
fn reads(rule: &Rule) -> (bool, bool) {
    let read = rule.reads();
    let of_route = read.iter().any(|term| matches!(term, Term::Route(_)));
    let of_body = read.iter().any(|term| matches!(term, Term::Body(_)));
    (of_route || of_body, of_route)
}
