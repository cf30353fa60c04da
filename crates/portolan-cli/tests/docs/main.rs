//! The documents, run: every command shown prints what is shown, every example of the language
//! compiles or fails as it says, and the tables of fields are those of the code.

#[cfg(test)]
mod blocks;
#[cfg(test)]
mod catalog;
#[cfg(test)]
mod console;
#[cfg(test)]
mod language;
#[cfg(test)]
mod story;
#[cfg(test)]
mod tables;
