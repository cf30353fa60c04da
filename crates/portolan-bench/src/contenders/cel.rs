//! `cel`: one expression, parsed once, over variables that a resolver borrows when they are read.
//!
//! It has no tables: the host looks the model up.

use anyhow::anyhow;
use cel::common::types::{CelBool, CelInt, CelNull, CelString};
use cel::common::value::CowVal;
use cel::context::{Context, VariableResolver};
use cel::{Program, Value};

use super::limit::{Packed, Slot, Way};
use crate::contender::{Contender, Entry, Kind, Runner, World};
use crate::job::{Job, Verdict};

/// Its line of the table.
pub(crate) const ENTRY: Entry = Entry {
    name: "cel",
    gives: "reason; the host looks the model up",
    kind: Kind::Engine,
    load,
};

const EXPRESSION: &str = r#"
    region != null && region != "global" ? 0
    : !known ? 1
    : at < released || at >= retires ? 2
    : region == "global" && !(sold_globally && host == "us") ? 3
    : region == null && !(host == "us" ? sold_us : sold_eu) ? 4
    : max_tokens > max_output ? 5
    : input_tokens + max_tokens > context_window ? 6
    : 7
"#;

struct Cel {
    catalog: Packed,
    program: Program,
    root: Context<'static, 'static>,
}

fn load(world: &World) -> anyhow::Result<Box<dyn Runner>> {
    let program = Program::compile(EXPRESSION).map_err(|error| anyhow!("{error}"))?;
    Ok(Box::new(Cel {
        catalog: Packed::load(world)?,
        program,
        root: Context::default(),
    }))
}

struct Variables<'a> {
    job: &'a Job,
    model: Option<&'a Slot>,
}

impl VariableResolver for Variables<'_> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        let number = |number: i64| Some(CowVal::owned(CelInt::from(number)));
        let flag = |flag: bool| Some(CowVal::owned(CelBool::from(flag)));
        let job = self.job;
        match variable {
            "region" => Some(match job.model_region.as_deref() {
                Some(region) => CowVal::owned(CelString::from(region)),
                None => CowVal::owned(CelNull),
            }),
            "known" => flag(self.model.is_some()),
            "at" => number(job.at),
            "host" => Some(CowVal::owned(CelString::from(job.host.name()))),
            "max_tokens" => number(job.max_tokens),
            "input_tokens" => number(job.input_tokens),
            "released" => number(self.model?.released.into()),
            "retires" => number(self.model?.retires.into()),
            "sold_globally" => flag(self.model?.sold(Way::Global)),
            "sold_us" => flag(self.model?.sold(Way::Us)),
            "sold_eu" => flag(self.model?.sold(Way::Eu)),
            "max_output" => number(self.model?.max_output.into()),
            "context_window" => number(self.model?.context_window.into()),
            _ => None,
        }
    }
}

impl Contender for Cel {
    fn decide<R>(&mut self, job: &Job, show: impl FnOnce(Verdict<'_>) -> R) -> R {
        let variables = Variables {
            job,
            model: self.catalog.find(&job.model),
        };
        show(super::numbered(first(
            &self.program,
            &self.root,
            &variables,
        )))
    }
}

fn first<'a>(
    program: &'a Program,
    root: &'a Context<'a, 'a>,
    variables: &'a Variables<'a>,
) -> Option<i64> {
    let mut context = root.new_inner_scope();
    context.set_variable_resolver(variables);
    let said = Value::resolve_val(program.expression(), &context).ok()?;
    said.downcast_ref::<CelInt>().map(|number| *number.inner())
}
