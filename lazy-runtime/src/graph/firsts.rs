//! The first node of each token.

use super::pages::filled;

/// A table of nodes by token, half of whose places are empty at least.
///
/// A place is one number: a part of the token, and the number of the node. So all that is read for a node is its place, and whether two
/// nodes are one is asked only where these parts are equal.
pub(super) struct Firsts {
    places: Vec<u64>,
    len: usize,
}

/// The first size of the table, a power of two.
const SMALLEST: usize = 64;

const EMPTY: u64 = 0;

impl Firsts {
    pub(super) fn new() -> Self {
        Firsts { places: filled(EMPTY, SMALLEST), len: 0 }
    }

    /// The number of the node that came first of those that are one with this node; its own if there was none. `is_one` is asked about
    /// another node.
    #[inline]
    pub(super) fn first(&mut self, token: u128, number: u32, is_one: impl Fn(u32) -> bool) -> u32 {
        if 2 * self.len >= self.places.len() {
            self.grow();
        }
        let part = (token >> 96) as u64;
        let mut place = self.place(part);
        loop {
            let found = self.places[place];
            if found == EMPTY {
                self.places[place] = part << 32 | u64::from(number + 1);
                self.len += 1;
                return number;
            }
            let other = found as u32 - 1;
            if found >> 32 == part && is_one(other) {
                return other;
            }
            place = self.after(place);
        }
    }

    /// Where the search for a part of a token begins. By its highest bits: growing then reads and writes in order.
    #[inline]
    fn place(&self, part: u64) -> usize {
        (part >> (32 - self.places.len().ilog2())) as usize
    }

    /// The place where the search goes on.
    #[inline]
    fn after(&self, place: usize) -> usize {
        (place + 1) & (self.places.len() - 1)
    }

    #[cold]
    fn grow(&mut self) {
        let larger = filled(EMPTY, 2 * self.places.len());
        let old = std::mem::replace(&mut self.places, larger);
        for entry in old.into_iter().filter(|&entry| entry != EMPTY) {
            let mut place = self.place(entry >> 32);
            while self.places[place] != EMPTY {
                place = self.after(place);
            }
            self.places[place] = entry;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of nodes by token, for tokens that come in this order.
    fn firsts(tokens: &[u128]) -> Vec<u32> {
        let mut firsts = Firsts::new();
        let numbered = tokens.iter().enumerate();
        let first = |(number, &token): (usize, &u128)| {
            firsts.first(token, number as u32, |other| tokens[other as usize] == token)
        };
        numbered.map(first).collect()
    }

    #[test]
    fn each_node_is_one_with_the_first_of_its_token() {
        let mix = |n: u128| (n % 1000).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
        let tokens: Vec<_> = (0..5000).map(mix).collect();
        assert!(firsts(&tokens).into_iter().eq((0..5000).map(|number| number % 1000)));
    }

    #[test]
    fn tokens_that_agree_in_what_the_table_knows_are_told_apart() {
        let tokens: Vec<_> = (0..200).map(|n| (u128::MAX << 96) | (n % 100)).collect();
        assert!(firsts(&tokens).into_iter().eq((0..200).map(|number| number % 100)));
    }
}
