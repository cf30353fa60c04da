//! The command as people and scripts meet it, and as those who mean harm do.

#[cfg(test)]
mod check;
mod command;
#[cfg(test)]
mod convert;
#[cfg(test)]
mod diff;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod fmt;
#[cfg(test)]
mod gateway;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod init;
#[cfg(test)]
mod matrix;
#[cfg(test)]
mod page;
#[cfg(test)]
mod prove;
#[cfg(test)]
mod report;
#[cfg(test)]
mod run;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod support;
#[cfg(test)]
mod test;
#[cfg(test)]
mod timeline;
#[cfg(test)]
mod why_not;
