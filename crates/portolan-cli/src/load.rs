//! Reads policies from the disk: which file is the entry, what a path in it means, and how large
//! a file may be. What the bytes mean is the core's.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, anyhow, bail, ensure};
use portolan_core::catalog::Notation;
use portolan_core::engine::{self, Compilation, Study};
use portolan_core::limits;
use portolan_core::source::Files;
use portolan_core::text::{echo, quoted};

/// A policy on the disk.
#[derive(Debug)]
pub(crate) struct Policy {
    /// The directory that paths in the entry file are relative to.
    root: PathBuf,
    /// The entry file's name in it.
    entry: String,
}

impl Policy {
    /// Finds the entry: the file itself, `policy.portolan` of a directory, or one of the
    /// directory's overlays.
    ///
    /// # Errors
    /// When there is no such file.
    pub(crate) fn find(path: &Path, overlay: Option<&str>) -> anyhow::Result<Self> {
        let kind = fs::metadata(path)
            .map_err(|error| anyhow!("cannot read `{}`: {}", path.display(), in_words(&error)))?;
        let file = match (kind.is_dir(), overlay) {
            (true, None) => path.join("policy.portolan"),
            (true, Some(name)) => overlay_of(path, name)?,
            (false, None) => {
                ensure!(
                    kind.is_file(),
                    "cannot read `{}`: it is not a plain file",
                    path.display()
                );
                path.to_owned()
            }
            (false, Some(_)) => bail!(
                "`{}` is a file: an overlay is named beside the directory of its policy",
                path.display()
            ),
        };
        ensure!(file.is_file(), "there is no file `{}`", file.display());
        Self::of_file(&file)
    }

    /// One file, and nothing that it names.
    ///
    /// # Errors
    /// When its name is not one that a policy could use.
    pub(crate) fn of_file(path: &Path) -> anyhow::Result<Self> {
        let entry = path.file_name().and_then(|name| name.to_str());
        let entry = entry.with_context(|| format!("cannot use the name `{}`", path.display()))?;
        Ok(Self {
            root: path.parent().unwrap_or(Path::new("")).to_owned(),
            entry: entry.to_owned(),
        })
    }

    /// The directory of the policy: for an overlay, that of what it is an overlay of.
    pub(crate) fn root(&self) -> &Path {
        let root = if self.root.ends_with("overlays") {
            self.root.parent().unwrap_or(&self.root)
        } else {
            &self.root
        };
        if root.as_os_str().is_empty() {
            Path::new(".")
        } else {
            root
        }
    }

    /// Says whether two have the same entry file.
    pub(crate) fn is(&self, other: &Self) -> bool {
        let file = |policy: &Self| policy.root.join(&policy.entry).canonicalize().ok();
        file(self).is_some_and(|own| file(other) == Some(own))
    }

    /// The entry file's name.
    pub(crate) fn entry(&self) -> &str {
        &self.entry
    }

    /// The entry file's text.
    ///
    /// # Errors
    /// When it cannot be read, is too large or is not UTF-8.
    pub(crate) fn text(&self) -> anyhow::Result<String> {
        text(&lexical(&self.root.join(&self.entry)))
    }

    /// The same with the byte order mark, if there is one.
    ///
    /// # Errors
    /// When it cannot be read, is too large or is not UTF-8.
    pub(crate) fn whole_text(&self) -> anyhow::Result<String> {
        whole_text(&lexical(&self.root.join(&self.entry)))
    }

    /// Says whether the entry file is a catalog: YAML, or `catalog` is its first item.
    pub(crate) fn is_catalog(&self) -> bool {
        let extension = Path::new(&self.entry).extension();
        let yaml = extension.is_some_and(|e| e == "yaml" || e == "yml");
        yaml || self
            .text()
            .is_ok_and(|text| first_item(&text) == Some("catalog"))
    }

    /// Says whether the entry file, with this text, is a policy or an overlay of one.
    pub(crate) fn is_policy(&self, text: &str) -> bool {
        Notation::of(&self.entry) == Notation::Rules
            && matches!(first_item(text), Some("policy" | "overlay"))
    }

    /// A policy whose files need not exist.
    #[cfg(test)]
    pub(crate) fn of_files(root: &str, entry: &str) -> Self {
        Self {
            root: PathBuf::from(root),
            entry: entry.to_owned(),
        }
    }

    /// Another policy, by a path as this one's entry file would write it.
    pub(crate) fn beside(&self, path: &str) -> Self {
        Self {
            root: self.root.clone(),
            entry: path.to_owned(),
        }
    }

    /// Reads and compiles.
    pub(crate) fn compile(&self) -> Compilation {
        engine::compile(&self.entry, &mut Disk { root: &self.root })
    }

    /// The same, and tells of each file before it is read.
    #[cfg(feature = "serve")]
    pub(crate) fn compile_telling(&self, tell: &mut dyn FnMut(&Path)) -> Compilation {
        let disk = Disk { root: &self.root };
        engine::compile(&self.entry, &mut Telling { disk, tell })
    }

    /// Reads, for questions that the interpreter answers and those over all requests: nothing is
    /// compiled that decides fast.
    pub(crate) fn read(&self) -> Compilation {
        engine::read(&self.entry, &mut Disk { root: &self.root })
    }

    /// As `read`, with what was written kept, and with these texts, by name, in the place of files.
    pub(crate) fn study(&self, changed: &BTreeMap<String, String>) -> Study {
        let mut files = Changed {
            disk: Disk { root: &self.root },
            texts: changed,
        };
        engine::study(&self.entry, &mut files)
    }

    /// A file beside the policy: of an overlay, beside the policy that it is laid over.
    pub(crate) fn beside_directory(&self, name: &str) -> PathBuf {
        let in_overlays = self.root.file_name().is_some_and(|last| last == "overlays");
        match self.root.parent() {
            Some(parent) if in_overlays => parent.join(name),
            Some(_) | None => self.root.join(name),
        }
    }

    /// A source's name as a path that can be opened from here.
    pub(crate) fn shown(&self, name: &str) -> String {
        lexical(&self.root.join(name)).display().to_string()
    }
}

/// The overlay of this name; where there is none, the error names those there are.
fn overlay_of(directory: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let overlays = directory.join("overlays");
    let file = overlays.join(format!("{name}.portolan"));
    if file.is_file() {
        return Ok(file);
    }
    let entries = fs::read_dir(&overlays).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| {
            let file = entry.file_name().into_string().ok()?;
            Some(file.strip_suffix(".portolan")?.to_owned())
        })
        .collect();
    names.sort_unstable();
    let are = match names.len() {
        0 => "has no overlays".to_owned(),
        _ => format!("has {}", quoted(names.iter().map(String::as_str), "and")),
    };
    bail!(
        "there is no overlay `{}`; `{}` {are}",
        echo(name),
        directory.display()
    )
}

/// The word that starts the first item after the edition.
fn first_item(text: &str) -> Option<&str> {
    let code = text
        .lines()
        .map(|line| line.split_once("//").map_or(line, |(code, _)| code));
    let mut words = code.flat_map(str::split_whitespace);
    match words.next()? {
        "edition" => words.nth(1),
        first => Some(first),
    }
}

/// Files below, beside and above the entry file.
struct Disk<'a> {
    root: &'a Path,
}

impl Files for Disk<'_> {
    fn read(&mut self, path: &str) -> Result<Vec<u8>, String> {
        if Path::new(path).is_absolute() {
            return Err("it is absolute, and would mean another file elsewhere".to_owned());
        }
        read_bounded(&lexical(&self.root.join(path)))
    }
}

/// Files of the disk, and who is told of each before it is read.
#[cfg(feature = "serve")]
struct Telling<'a> {
    disk: Disk<'a>,
    tell: &'a mut dyn FnMut(&Path),
}

#[cfg(feature = "serve")]
impl Files for Telling<'_> {
    fn read(&mut self, path: &str) -> Result<Vec<u8>, String> {
        (self.tell)(&lexical(&self.disk.root.join(path)));
        self.disk.read(path)
    }
}

/// The text of a plain file.
///
/// # Errors
/// When it cannot be read, is too large or is not UTF-8.
pub(crate) fn text(path: &Path) -> anyhow::Result<String> {
    let mut text = whole_text(path)?;
    // A byte order mark says how a file is encoded and is no part of its text.
    if text.starts_with('\u{feff}') {
        text.remove(0);
    }
    Ok(text)
}

/// The same with the byte order mark, if there is one.
fn whole_text(path: &Path) -> anyhow::Result<String> {
    let shown = path.display().to_string();
    let bytes = read_bounded(path).map_err(|why| anyhow!("cannot read `{shown}`: {why}"))?;
    in_utf8(bytes, &shown)
}

/// Files of the disk, some of them as they would be after a change.
struct Changed<'a> {
    disk: Disk<'a>,
    texts: &'a BTreeMap<String, String>,
}

impl Files for Changed<'_> {
    fn read(&mut self, path: &str) -> Result<Vec<u8>, String> {
        match self.texts.get(path) {
            Some(text) => Ok(text.clone().into_bytes()),
            None => self.disk.read(path),
        }
    }
}

/// Reads a plain file of at most `limits::SOURCE_BYTES`.
fn read_bounded(path: &Path) -> Result<Vec<u8>, String> {
    // Asked before opening: to open a pipe is to wait for its writer.
    let meta = fs::metadata(path).map_err(|error| in_words(&error))?;
    if !meta.is_file() {
        return Err("it is not a plain file".to_owned());
    }
    let file = File::open(path).map_err(|error| in_words(&error))?;
    let most = limits::SOURCE_BYTES as u64;
    let too_large = || format!("it is larger than {} bytes", limits::SOURCE_BYTES);
    if meta.len() > most {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    let mut bounded = file.take(most + 1);
    bounded
        .read_to_end(&mut bytes)
        .map_err(|error| in_words(&error))?;
    if bytes.len() as u64 > most {
        return Err(too_large());
    }
    Ok(bytes)
}

/// Reads what was posted, from a file or from standard input for `-`.
///
/// # Errors
/// When it cannot be read or is longer than any envelope that the wire reads.
pub(crate) fn request(path: &str) -> anyhow::Result<Vec<u8>> {
    let most = 2 * limits::BODY_BYTES as u64;
    let mut bytes = Vec::new();
    if path == "-" {
        io::stdin()
            .lock()
            .take(most + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| anyhow!("cannot read standard input: {}", in_words(&error)))?;
    } else {
        let read = File::open(path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes));
        read.map_err(|error| anyhow!("cannot read `{path}`: {}", in_words(&error)))?;
    }
    ensure!(
        bytes.len() as u64 <= most,
        "the request is larger than {most} bytes"
    );
    Ok(bytes)
}

/// Reads standard input as a source file.
///
/// # Errors
/// When it cannot be read, is too large or is not UTF-8.
pub(crate) fn standard_input() -> anyhow::Result<String> {
    let most = limits::SOURCE_BYTES as u64;
    let mut bytes = Vec::new();
    let mut bounded = io::stdin().lock().take(most + 1);
    let read = bounded.read_to_end(&mut bytes);
    read.map_err(|error| anyhow!("cannot read standard input: {}", in_words(&error)))?;
    ensure!(
        bytes.len() as u64 <= most,
        "cannot read standard input: it is larger than {most} bytes"
    );
    in_utf8(bytes, "standard input")
}

fn in_utf8(bytes: Vec<u8>, shown: &str) -> anyhow::Result<String> {
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        anyhow!("cannot read `{shown}`: it is not UTF-8 at byte {valid}")
    })
}

/// Takes `.` and `x/..` out of a path without asking the disk.
fn lexical(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        let last_is_name = matches!(out.components().next_back(), Some(Component::Normal(_)));
        match part {
            Component::CurDir => {}
            Component::ParentDir if last_is_name => {
                out.pop();
            }
            Component::ParentDir
            | Component::Normal(_)
            | Component::RootDir
            | Component::Prefix(_) => out.push(part),
        }
    }
    out
}

/// The reason alone: no number, lower case.
pub(crate) fn in_words(error: &io::Error) -> String {
    let kind = error.kind();
    if kind == io::ErrorKind::NotFound {
        "there is no such file".to_owned()
    } else if kind == io::ErrorKind::PermissionDenied {
        "it may not be read".to_owned()
    } else if kind == io::ErrorKind::IsADirectory {
        "it is a directory".to_owned()
    } else {
        let words = error.to_string();
        let words = words
            .split_once(" (os error")
            .map_or(&*words, |(words, _)| words);
        let mut rest = words.chars();
        let first = rest.next().map(|c| c.to_ascii_lowercase());
        first.into_iter().chain(rest).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_above_the_entry_is_shown_without_a_detour() {
        let policy = Policy::of_files("rules/assemblyai/overlays", "observed.portolan");
        let shown = policy.shown("../policy.portolan");
        assert_eq!(
            Path::new(&shown),
            Path::new("rules/assemblyai/policy.portolan")
        );
        assert_eq!(lexical(Path::new("../../a/./b")), Path::new("../../a/b"));
    }

    #[test]
    fn a_directory_or_an_absolute_path_is_not_a_source() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut disk = Disk { root };
        assert_eq!(disk.read("src").unwrap_err(), "it is not a plain file");
        assert!(
            disk.read("/etc/hosts")
                .unwrap_err()
                .starts_with("it is absolute")
        );
        assert_eq!(disk.read("none").unwrap_err(), "there is no such file");
        assert!(disk.read("src/../Cargo.toml").is_ok());
    }
}
