//! The values of attributes that rules tell apart.

use super::Survey;
use crate::diagram::field::Field;
use crate::policy::Type;

impl Survey<'_> {
    /// Every row of the table that an attribute is a key of, with the row that stands for it: rows
    /// that no rule tells apart are taken for one another. None of an attribute that is no key.
    pub fn rows_alike(&self, position: u16) -> Vec<(u32, u32)> {
        let classes = self.vocabulary.classes.get(&position);
        let rows = classes.into_iter().flat_map(|classes| {
            let stands = classes.of.iter().map(|class| {
                let class = usize::try_from(*class).ok();
                let row = class.and_then(|class| classes.rows.get(class));
                row.copied().unwrap_or(u32::MAX)
            });
            (0u32..).zip(stands)
        });
        rows.collect()
    }

    /// One value of every class of an attribute's values that no rule tells apart; none where
    /// the attribute may be left out.
    pub fn attribute_values(&self, position: u16) -> Vec<Option<String>> {
        let policy = self.vocabulary.policy;
        let Some(attribute) = policy.attributes.get(usize::from(position)) else {
            return Vec::new();
        };
        let field = Field::Attribute(position);
        let mut values: Vec<Option<String>> = match &attribute.of {
            Type::Bool => vec![Some("false".to_owned()), Some("true".to_owned())],
            Type::Choice(words) => words.iter().map(|word| Some(word.to_string())).collect(),
            Type::Key(table) => {
                let table = policy.tables.get(*table as usize);
                let classes = self.vocabulary.classes.get(&position);
                let rows = classes.into_iter().flat_map(|classes| &classes.rows);
                let keys = rows.filter_map(|row| table?.keys.get(*row as usize));
                keys.map(|key| Some(key.to_string())).collect()
            }
            Type::Count => {
                let mut numbers = vec![0];
                let constants = self.questions.cuts.get(&field).into_iter().flatten();
                let members = self.shapes.iter().flat_map(|shape| &shape.members);
                let own = members.flat_map(|member| &member.slots.cuts);
                let own = own.filter(|(of, _)| *of == field).map(|(_, cut)| cut);
                for cut in constants.chain(own) {
                    numbers.extend([cut.saturating_sub(1), *cut]);
                }
                numbers.sort_unstable();
                numbers.dedup();
                numbers
                    .iter()
                    .map(|number| Some(number.to_string()))
                    .collect()
            }
            Type::Text
            | Type::Tokens
            | Type::Number
            | Type::Money
            | Type::Instant
            | Type::Duration
            | Type::Word(_)
            | Type::Model
            | Type::Maker
            | Type::Provider
            | Type::Endpoint
            | Type::Region
            | Type::Place
            | Type::Retention
            | Type::Set(_)
            | Type::Presence => {
                let bounds = self.vocabulary.texts.get(&field);
                let texts = bounds.into_iter().flatten();
                let texts = texts.filter_map(|text| String::from_utf8(text.to_vec()).ok());
                let texts = std::iter::once(String::new()).chain(texts);
                texts.map(Some).collect()
            }
        };
        if attribute.optional {
            values.push(None);
        }
        values
    }
}
