//! Small changes of a policy or a catalog, as text: what a slip of the hand does to a number, an
//! operator, a name, a date or a yes and no. What is only read by people is left alone.

/// What a slip hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hit {
    /// A digit of a number or a date.
    Digit,
    /// A comparison, `and` or `or`.
    Operator,
    /// A yes or a no, a place or a region: the other one stands there then.
    Word,
    /// A letter of a name.
    Letter,
}

impl Hit {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Digit, Self::Operator, Self::Word, Self::Letter];
}

/// One change of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slip {
    /// What it hits.
    pub hit: Hit,
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

/// How lines begin that only people read.
const PROSE: [&str; 10] = [
    "say ", "help ", "title:", "note:", "url:", "as_of:", "source:", "policy ", "test ", "edition ",
];

/// Words, each with what stands in its place.
const SWAPS: [(&str, &str, Hit); 8] = [
    ("true", "false", Hit::Word),
    ("false", "true", Hit::Word),
    ("EU27", "US", Hit::Word),
    ("US", "EU27", Hit::Word),
    ("eu", "us", Hit::Word),
    ("us", "eu", Hit::Word),
    ("and", "or", Hit::Operator),
    ("or", "and", Hit::Operator),
];

/// Every slip that could mean something, in the order of the text.
pub fn slips(text: &str) -> Vec<Slip> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut sources = false;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        // A catalog's list of sources.
        if !line.starts_with([' ', '\n', '#']) {
            sources = line.starts_with("sources:");
        }
        let prose = PROSE.iter().any(|word| line.trim_start().starts_with(word));
        if !sources && !prose {
            let add = |(at, hit, was, is): (usize, Hit, &str, String)| Slip {
                hit,
                at: start + at,
                was: was.to_owned(),
                is,
                line: number + 1,
            };
            found.extend(of_line(line).into_iter().map(add));
        }
        start += line.len();
    }
    found
}

fn of_line(line: &str) -> Vec<(usize, Hit, &str, String)> {
    let mut found = Vec::new();
    let mut quoted = false;
    let mut name = false;
    for (at, c) in line.char_indices() {
        let rest = line.get(at..).unwrap_or("");
        let comment = rest.starts_with("//") || (c == '#' && !name);
        if comment && !quoted {
            break;
        }
        let own = rest.get(..c.len_utf8()).unwrap_or("");
        let begins = !name;
        name = c.is_alphanumeric() || c == '_' || c == '-';
        if c == '"' {
            quoted = !quoted;
        }
        // Long texts are for people; ids and words are short.
        if quoted
            && rest
                .split('"')
                .next()
                .is_some_and(|text| text.contains(' '))
        {
            continue;
        }
        let word = rest
            .split(|c: char| !c.is_alphanumeric())
            .next()
            .unwrap_or("");
        let swap = SWAPS.iter().find(|(was, ..)| begins && *was == word);
        if let Some((was, is, hit)) = swap {
            found.push((at, *hit, *was, (*is).to_owned()));
            continue;
        }
        let one = match c {
            '0'..='9' => Some((
                Hit::Digit,
                char::from(if c == '9' { b'8' } else { c as u8 + 1 }),
            )),
            '<' => Some((Hit::Operator, '>')),
            '>' => Some((Hit::Operator, '<')),
            '=' if rest.starts_with("==") => Some((Hit::Operator, '!')),
            '!' if rest.starts_with("!=") => Some((Hit::Operator, '=')),
            'a'..='y' => Some((Hit::Letter, char::from(c as u8 + 1))),
            _ => None,
        };
        found.extend(one.map(|(hit, is)| (at, hit, own, is.to_string())));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_changes_one_place_and_nothing_that_only_people_read() {
        let text = "a 9 < b // 1\nx: true # 2\nsay \"3\"\nn: \"for 4 people\"\n";
        let all = slips(text);
        let places: Vec<(&str, &str)> = all.iter().map(|s| (&*s.was, &*s.is)).collect();
        let expected = [
            ("a", "b"),
            ("9", "8"),
            ("<", ">"),
            ("b", "c"),
            ("x", "y"),
            ("true", "false"),
            ("r", "s"),
            ("u", "v"),
            ("e", "f"),
            ("n", "o"),
        ];
        for place in expected {
            assert!(places.contains(&place), "{place:?} {places:?}");
        }
        assert!(
            !all.iter()
                .any(|slip| ["1", "2", "3", "4"].contains(&&*slip.was))
        );
        assert_eq!(all[2].apply("a 9 < b"), "a 9 > b");
    }
}
