//! `zen-expression`: one expression, compiled to bytecode, on a machine that is kept.
//!
//! It has no tables: the host looks the model up. The scope is kept too, and its values replaced.

use anyhow::anyhow;
use zen_expression::expression::Standard;
use zen_expression::variable::{Symbol, VariableMap};
use zen_expression::vm::VM;
use zen_expression::{Expression, Scope, Variable, compile_expression};

use super::limit::{Packed, Way};
use crate::contender::{Contender, Entry, Kind, Runner, World};
use crate::job::{Job, Verdict};

/// Its line of the table.
pub(crate) const ENTRY: Entry = Entry {
    name: "zen-expression",
    gives: "reason; the host looks the model up",
    kind: Kind::Engine,
    load,
};

const EXPRESSION: &str = r#"
    region != null and region != "global" ? 0
    : not known ? 1
    : at < released or at >= retires ? 2
    : region == "global" and not (sold_globally and host == "us") ? 3
    : region == null and not (host == "us" ? sold_us : sold_eu) ? 4
    : max_tokens > max_output ? 5
    : input_tokens + max_tokens > context_window ? 6
    : 7
"#;

struct Zen {
    catalog: Packed,
    expression: Expression<Standard>,
    machine: VM,
    scope: Scope,
}

fn load(world: &World) -> anyhow::Result<Box<dyn Runner>> {
    Ok(Box::new(Zen {
        catalog: Packed::load(world)?,
        expression: compile_expression(EXPRESSION).map_err(|error| anyhow!("{error}"))?,
        machine: VM::new(),
        scope: Scope::new(Variable::from_object(VariableMap::with_capacity(16))),
    }))
}

impl Zen {
    fn fill(&self, job: &Job) -> Option<()> {
        let object = self.scope.base().as_object()?;
        let mut fields = object.borrow_mut();
        let mut set = |name, value| {
            fields.insert(Symbol::from_static(name), value);
        };
        let text = |text: &str| Variable::String(Symbol::from(text));
        let number = |number: i64| Variable::Number(number.into());
        let model = self.catalog.find(&job.model);
        set(
            "region",
            job.model_region.as_deref().map_or(Variable::Null, text),
        );
        set("known", Variable::Bool(model.is_some()));
        set("at", number(job.at));
        set(
            "host",
            Variable::String(Symbol::from_static(job.host.name())),
        );
        set("max_tokens", number(job.max_tokens));
        set("input_tokens", number(job.input_tokens));
        // Nothing else is read of a model that is not known.
        let Some(model) = model else { return Some(()) };
        set("released", number(model.released.into()));
        set("retires", number(model.retires.into()));
        set("sold_globally", Variable::Bool(model.sold(Way::Global)));
        set("sold_us", Variable::Bool(model.sold(Way::Us)));
        set("sold_eu", Variable::Bool(model.sold(Way::Eu)));
        set("max_output", number(model.max_output.into()));
        set("context_window", number(model.context_window.into()));
        Some(())
    }
}

impl Contender for Zen {
    fn decide<R>(&mut self, job: &Job, show: impl FnOnce(Verdict<'_>) -> R) -> R {
        let filled = self.fill(job);
        let said = filled.and_then(|()| {
            self.expression
                .evaluate_with_scope(&self.scope, &mut self.machine)
                .ok()
        });
        let number = said.and_then(|said| said.as_number());
        show(super::numbered(
            number.and_then(|number| number.try_into().ok()),
        ))
    }
}
