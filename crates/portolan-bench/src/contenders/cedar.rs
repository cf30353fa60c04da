//! `cedar-policy`: one `permit` and seven `forbid`s over a catalog of entities.
//!
//! It answers with the set of policies that hold; the host takes the first in order. The schema
//! has been used to check the policies; a request is made without it, which is quicker.

use anyhow::anyhow;
use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid,
    PolicySet, Request, RestrictedExpression,
};
use std::collections::{HashMap, HashSet};
use std::str::FromStr as _;

use crate::contender::{Contender, Entry, Kind, Runner, World};
use crate::job::{Job, Model, Verdict};

/// Its line of the table.
pub(crate) const ENTRY: Entry = Entry {
    name: "cedar-policy",
    gives: "set of reasons; the host takes the first",
    kind: Kind::Engine,
    load,
};

/// Each policy's id is its place here, after the first.
const POLICIES: [&str; 8] = [
    "permit (principal, action, resource);",
    r#"forbid (principal, action, resource) when { context has region && context.region != "global" };"#,
    "forbid (principal, action, resource) unless { resource has released };",
    "forbid (principal, action, resource) when { resource has released
        && (context.at < resource.released || (resource has retires && context.at >= resource.retires)) };",
    r#"forbid (principal, action, resource) when { resource has released
        && context has region && context.region == "global"
        && !(resource.sold_globally && principal == Host::"us") };"#,
    r#"forbid (principal, action, resource) when { resource has released && !(context has region)
        && !(if principal == Host::"us" then resource.sold_us else resource.sold_eu) };"#,
    "forbid (principal, action, resource) when { resource has released
        && context.max_tokens > resource.max_output };",
    "forbid (principal, action, resource) when { resource has released
        && context.input_tokens + context.max_tokens > resource.context_window };",
];

struct Cedar {
    authorizer: Authorizer,
    policies: PolicySet,
    entities: Entities,
    us: EntityUid,
    eu: EntityUid,
    action: EntityUid,
    model: EntityTypeName,
}

fn load(world: &World) -> anyhow::Result<Box<dyn Runner>> {
    let mut policies = PolicySet::new();
    for (place, text) in POLICIES.iter().enumerate() {
        let id = cedar_policy::PolicyId::new(place.to_string());
        policies.add(cedar_policy::Policy::parse(Some(id), text)?)?;
    }
    let kind = EntityTypeName::from_str("Model")?;
    let entities = world.models.iter().map(|model| entity(&kind, model));
    let entities = Entities::from_entities(entities.collect::<anyhow::Result<Vec<_>>>()?, None)?;
    Ok(Box::new(Cedar {
        authorizer: Authorizer::new(),
        policies,
        entities,
        us: EntityUid::from_str(r#"Host::"us""#)?,
        eu: EntityUid::from_str(r#"Host::"eu""#)?,
        action: EntityUid::from_str(r#"Action::"complete""#)?,
        model: kind,
    }))
}

fn entity(kind: &EntityTypeName, model: &Model) -> anyhow::Result<Entity> {
    let long = RestrictedExpression::new_long;
    let flag = RestrictedExpression::new_bool;
    let mut facts = HashMap::from([
        ("released".to_owned(), long(model.released)),
        ("max_output".to_owned(), long(model.max_output)),
        ("context_window".to_owned(), long(model.context_window)),
        ("sold_us".to_owned(), flag(model.us)),
        ("sold_eu".to_owned(), flag(model.eu)),
        ("sold_globally".to_owned(), flag(model.global)),
    ]);
    if let Some(retires) = model.retires {
        facts.insert("retires".to_owned(), long(retires));
    }
    let id = EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(&model.id));
    Entity::new(id, facts, HashSet::new()).map_err(|error| anyhow!("{error}"))
}

impl Cedar {
    fn ask(&self, job: &Job) -> Option<i64> {
        let host = match job.host {
            crate::job::Host::Us => &self.us,
            crate::job::Host::Eu => &self.eu,
        };
        let model = EntityUid::from_type_name_and_id(self.model.clone(), EntityId::new(&job.model));
        let long = RestrictedExpression::new_long;
        let facts = [
            ("at".to_owned(), long(job.at)),
            ("max_tokens".to_owned(), long(job.max_tokens)),
            ("input_tokens".to_owned(), long(job.input_tokens)),
        ];
        let region = job.model_region.as_ref();
        let region = region.map(|region| {
            (
                "region".to_owned(),
                RestrictedExpression::new_string(region.clone()),
            )
        });
        let context = Context::from_pairs(facts.into_iter().chain(region)).ok()?;
        let request = Request::new(host.clone(), self.action.clone(), model, context, None).ok()?;
        let response = self
            .authorizer
            .is_authorized(&request, &self.policies, &self.entities);
        if response.decision() == Decision::Allow {
            return Some(7);
        }
        let reasons = response.diagnostics().reason();
        let places = reasons.filter_map(|id| AsRef::<str>::as_ref(id).parse::<i64>().ok());
        places.min().map(|place| place - 1)
    }
}

impl Contender for Cedar {
    fn decide<R>(&mut self, job: &Job, show: impl FnOnce(Verdict<'_>) -> R) -> R {
        show(super::numbered(self.ask(job)))
    }
}
