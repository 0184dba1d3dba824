//! The scenario that somebody may have meant.

use scenarios::ALL;

/// The name that takes the fewest changes to get to.
pub(crate) fn nearest(name: &str) -> &'static str {
    let names = ALL
        .iter()
        .flat_map(|scenario| [scenario.name].into_iter().chain(scenario.also.iter().copied()));
    names.min_by_key(|known| distance(name, known)).unwrap_or_default()
}

/// How many characters must be added, removed or replaced (Levenshtein), row by row.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_textbook() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!((distance("", "abc"), distance("abc", ""), distance("a", "a")), (3, 3, 0));
    }

    #[test]
    fn a_typo_finds_its_scenario() {
        assert_eq!(nearest("captur_joined"), "capture_joined");
        assert_eq!(nearest("leek"), "leak");
    }
}
