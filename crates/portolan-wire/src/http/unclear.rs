//! Bodies that no adapter passes on, whatever a policy says of them.

use portolan_core::limits;
use portolan_core::request::{Fault, FaultKind};

use super::Trouble;

/// The first fault that lets a body mean one thing to us and another to an upstream. Where so much
/// is wrong that not all of it was kept, there may be one.
pub fn unclear(faults: &[Fault]) -> Option<Trouble> {
    let differs = |fault: &&Fault| match fault.kind {
        FaultKind::AmbiguousField | FaultKind::InvalidJson => true,
        FaultKind::MissingField | FaultKind::WrongType => faults.len() >= limits::FAULTS,
    };
    let fault = faults.iter().find(differs)?;
    let code = FaultKind::NAMES
        .iter()
        .find(|(_, kind)| *kind == fault.kind);
    Some(Trouble {
        status: 400,
        code: code.map_or("", |(name, _)| name).to_owned(),
        field: Some(fault.path.clone()).filter(|path| !path.is_empty()),
        retryable: false,
        retry_after_s: None,
        message: fault.detail.clone(),
        help: Vec::new(),
    })
}
