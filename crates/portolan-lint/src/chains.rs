//! Chains of models as examples have them: the model that a `test` asks for, and its fallbacks.
//! Nothing else that lints see says which model stands in for which.

use std::collections::BTreeSet;

use portolan_core::catalog::{AliasTarget, Model, ProviderId};
use portolan_core::instant::Instant;
use portolan_core::source::Span;
use portolan_core::syntax::ast::{self, ExpectKind, ItemKind, Operand, OperandKind};

use crate::context::Context;
use crate::sales;

/// A chain whose models are all known.
pub(crate) struct Chain<'a> {
    /// When it is asked for.
    pub(crate) at: Instant,
    /// The model, and its fallbacks in order.
    pub(crate) links: Vec<Link<'a>>,
}

/// One model of a chain.
pub(crate) struct Link<'a> {
    /// Where its id stands.
    pub(crate) span: Span,
    /// What the id stands for.
    pub(crate) target: AliasTarget,
    /// The model.
    pub(crate) model: &'a Model,
}

impl Chain<'_> {
    /// Each fallback with the model in whose place it stands.
    pub(crate) fn fallbacks(&self) -> impl Iterator<Item = (&Link<'_>, &Link<'_>)> {
        let first = self.links.first();
        let rest = self.links.iter().skip(1);
        rest.filter_map(move |link| Some((first?, link)))
    }
}

/// The chains of a policy's tests, those with an id that stands for nothing left out. A test that
/// expects a refusal, or a fallback to be dropped, is about that and advises nothing.
pub(crate) fn chains<'a>(context: &'a Context<'_>) -> impl Iterator<Item = Chain<'a>> {
    context.items().filter_map(|(item, _)| {
        if let ItemKind::Test(test) = &item.kind {
            chain(context, test)
        } else {
            None
        }
    })
}

fn chain<'a>(context: &'a Context<'_>, test: &ast::Test) -> Option<Chain<'a>> {
    let mut expected = test.expect.iter().map(|expect| &expect.kind);
    if expected.any(|kind| matches!(kind, ExpectKind::Refuse(..) | ExpectKind::Drop(_))) {
        return None;
    }
    let at = test.at.unwrap_or(context.today);
    let field = |name: &str| {
        let mut fields = test.request.iter();
        let found = fields.find(|(field, _)| field.value == name);
        found.map(|(_, value)| value)
    };
    let OperandKind::Set(fallbacks) = &field("fallbacks")?.kind else {
        return None;
    };
    let ids = [field("model")?].into_iter().chain(fallbacks);
    let links: Vec<Link<'a>> = ids.filter_map(|id| link(context, id, at)).collect();
    (links.len() == fallbacks.len() + 1).then_some(Chain { at, links })
}

fn link<'a>(context: &'a Context<'_>, operand: &Operand, at: Instant) -> Option<Link<'a>> {
    let OperandKind::Text(id) = &operand.kind else {
        return None;
    };
    let (catalog, policy) = (context.engine.catalog(), context.engine.policy());
    let prefix = policy.model_prefix.as_deref();
    let bare = prefix.and_then(|prefix| id.strip_prefix(prefix));
    let target = catalog.lookup(bare.unwrap_or(id), at).value?;
    Some(Link {
        span: operand.span,
        target,
        model: catalog.model(target.model)?,
    })
}

/// Who runs what an id stands for, at an instant.
pub(crate) fn providers(
    context: &Context<'_>,
    link: &Link<'_>,
    at: Instant,
) -> BTreeSet<ProviderId> {
    let sold = sales::offerings(context.engine.catalog(), link.model);
    let sold = sold.filter(|(_, offering)| {
        let here = link.target.region.is_none_or(|it| it == offering.region);
        here && sales::sold(link.model, offering).is_some_and(|window| window.contains(at))
    });
    sold.flat_map(|(_, offering)| offering.providers.iter().copied().collect::<Vec<_>>())
        .collect()
}
