//! The command as people and scripts meet it, and as those who mean harm do.

#[cfg(test)]
mod command;
#[cfg(test)]
mod convert;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod run;
