//! Lists that mostly hold one id: one takes no room of its own. They read as slices.

use std::ops::Deref;

/// A list of ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Few<T> {
    /// Just one.
    One([T; 1]),
    /// None, or several.
    Many(Box<[T]>),
}

impl<T> Deref for Few<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Self::One(one) => one,
            Self::Many(many) => many,
        }
    }
}

impl<T: Copy> FromIterator<T> for Few<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let items: Vec<T> = items.into_iter().collect();
        match items.as_slice() {
            [one] => Self::One([*one]),
            _ => Self::Many(items.into()),
        }
    }
}

impl<'a, T> IntoIterator for &'a Few<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_reads_as_it_was_given_and_one_takes_no_room() {
        for given in [&[][..], &[7], &[3, 1, 2]] {
            let few: Few<u32> = given.iter().copied().collect();
            assert_eq!(&*few, given);
        }
        assert_eq!(size_of::<Few<u32>>(), 16);
    }
}
