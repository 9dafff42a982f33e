//! What has to be known of nodes before a run begins: of one type of node, and of a whole graph, where it is what any of its nodes has.

use super::node::Payload;
use super::values::Stored;

/// A set of such things, in one byte: to ask a node for all of them costs what one costs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Traits(u8);

impl Traits {
    /// The result holds memory that its release gives back.
    pub(super) const HOLDS_MEMORY: Traits = Traits(1);
    /// The result lies in the second buffer of a run's values.
    pub(super) const IS_WIDE: Traits = Traits(1 << 1);
    /// It matters who the last user of an input is.
    pub(super) const MOVES: Traits = Traits(1 << 2);
    /// It is one with all of its token.
    pub(super) const IS_PURE: Traits = Traits(1 << 3);
    /// The result is kept between runs.
    pub(super) const IS_CACHED: Traits = Traits(1 << 4);

    /// Those of the nodes of a payload whose results are stored so.
    pub(super) const fn of<P: Payload>(stored: &Stored) -> Traits {
        Traits(0)
            .with(Self::HOLDS_MEMORY, stored.holds_memory())
            .with(Self::IS_WIDE, stored.wide_words > 0)
            .with(Self::MOVES, P::MOVES)
            .with(Self::IS_PURE, P::IS_PURE)
            .with(Self::IS_CACHED, P::KEPT.place.is_some())
    }

    const fn with(self, other: Traits, is_so: bool) -> Traits {
        Traits(if is_so { self.0 | other.0 } else { self.0 })
    }

    /// Adds those of another node.
    #[inline]
    pub(super) fn add(&mut self, others: Traits) {
        self.0 |= others.0;
    }

    /// Whether any of these is among them.
    #[inline]
    pub(super) const fn have(self, any: Traits) -> bool {
        self.0 & any.0 != 0
    }
}
