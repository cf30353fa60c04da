//! Small changes of a policy or a catalog, as text: what a slip of the hand does to a number, an
//! operator, a name, a date or a yes and no.

/// One change of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slip {
    /// Where it begins, in bytes.
    pub at: usize,
    /// What stands there.
    pub was: String,
    /// What stands there then.
    pub is: String,
    /// The line, from 1.
    pub line: usize,
}

impl Slip {
    /// The text with the change in it.
    pub fn apply(&self, text: &str) -> String {
        let (before, rest) = text.split_at_checked(self.at).unwrap_or((text, ""));
        let after = rest.strip_prefix(&*self.was).unwrap_or(rest);
        format!("{before}{}{after}", self.is)
    }
}

/// Every change of one character, and of a yes to a no, that could mean something: comments are
/// left alone.
pub fn slips(text: &str) -> Vec<Slip> {
    let mut found = Vec::new();
    let mut start = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let code = line.find("//").filter(|at| !line.get(..*at).is_some_and(in_text));
        let comment = line.find(" #").or(line.starts_with('#').then_some(0));
        let end = code.or(comment).unwrap_or(line.len());
        let code = line.get(..end).unwrap_or(line);
        let mut add = |at: usize, was: &str, is: &str| {
            found.push(Slip {
                at: start + at,
                was: was.to_owned(),
                is: is.to_owned(),
                line: number + 1,
            });
        };
        for (at, c) in code.char_indices() {
            let rest = code.get(at..).unwrap_or("");
            let was = c.to_string();
            match c {
                '0'..='8' => add(at, &was, &char::from(c as u8 + 1).to_string()),
                '9' => add(at, &was, "8"),
                '<' => add(at, &was, ">"),
                '>' => add(at, &was, "<"),
                '=' if rest.starts_with("==") => add(at, &was, "!"),
                '!' if rest.starts_with("!=") => add(at, &was, "="),
                't' if rest.starts_with("true") => add(at, "true", "false"),
                'f' if rest.starts_with("false") => add(at, "false", "true"),
                'a' if rest.starts_with("and ") => add(at, "and", "or"),
                'o' if rest.starts_with("or ") => add(at, "or", "and"),
                'e' if rest.starts_with("eu") => add(at, "eu", "us"),
                'u' if rest.starts_with("us") => add(at, "us", "eu"),
                'E' if rest.starts_with("EU27") => add(at, "EU27", "US"),
                'U' if rest.starts_with("US") => add(at, "US", "EU27"),
                'a'..='y' => add(at, &was, &char::from(c as u8 + 1).to_string()),
                _ => {}
            }
        }
        start += line.len();
    }
    found
}

/// Says whether a line is within a text where it ends.
fn in_text(before: &str) -> bool {
    before.matches('"').count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_changes_one_place_and_no_comment() {
        let text = "a 9 < b // 1\nx: true # 2\n";
        let all = slips(text);
        let lines: Vec<String> = all.iter().map(|slip| slip.apply(text)).collect();
        assert!(lines.contains(&"a 8 < b // 1\nx: true # 2\n".to_owned()));
        assert!(lines.contains(&"a 9 > b // 1\nx: true # 2\n".to_owned()));
        assert!(lines.contains(&"a 9 < b // 1\nx: false # 2\n".to_owned()));
        assert!(!lines.contains(&"a 9 < b // 2\nx: true # 2\n".to_owned()));
    }
}
