//! What the caches of a runtime were good for, in numbers.

use std::fmt;

use super::disk;
use super::memory;
use crate::diagnostics::units;

/// What the caches of a runtime have done so far. From [`Cache::stats`](super::Cache::stats).
///
/// It prints as one line: `12 hits (3 from disk), 4 misses, 9 entries of 1.20 MiB, 2 evicted`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct CacheStats {
    /// Lookups that found a result, in memory or on disk.
    pub hits: u64,
    /// Lookups that found none: one for a function that is cached in memory, one for a function that is cached on disk.
    pub misses: u64,
    /// Results in memory now.
    pub entries: usize,
    /// Bytes that these count, each about 270 more than its value.
    pub bytes: usize,
    /// Results in memory that made room for others.
    pub evicted: u64,
    /// Those of the hits that came from disk.
    pub disk_hits: u64,
    /// Results that this runtime wrote to disk.
    pub disk_stored: u64,
    /// Results on disk that this runtime removed, because they were too old or too many.
    pub disk_evicted: u64,
    /// Results of `cache = "disk"` functions that were not kept, because [another process would not give the call the same
    /// key](crate::Key::is_stable): something that they depend on is not pure, or is data that [`delayed`](fn@crate::delayed) made a node.
    pub not_stable: u64,
}

impl CacheStats {
    pub(super) fn new(memory: memory::Counts, disk: disk::Counts) -> Self {
        CacheStats {
            hits: memory.hits + disk.hits,
            misses: memory.misses + disk.misses,
            entries: memory.entries,
            bytes: memory.bytes,
            evicted: memory.evicted,
            disk_hits: disk.hits,
            disk_stored: disk.stored,
            disk_evicted: disk.evicted,
            not_stable: 0,
        }
    }
}

impl fmt::Display for CacheStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} hits", self.hits)?;
        if self.disk_hits > 0 {
            write!(f, " ({} from disk)", self.disk_hits)?;
        }
        write!(
            f,
            ", {} misses, {} entries of {}",
            self.misses,
            self.entries,
            units::bytes(self.bytes as f64)
        )?;
        write!(f, ", {} evicted", self.evicted)?;
        if self.disk_stored + self.disk_evicted > 0 {
            write!(f, "; on disk {} stored, {} evicted", self.disk_stored, self.disk_evicted)?;
        }
        if self.not_stable > 0 {
            write!(f, "; {} not kept, for what they depend on is not pure", self.not_stable)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stats_are_one_line() {
        let memory =
            memory::Counts { hits: 9, misses: 4, evicted: 2, entries: 9, bytes: 1_258_291 };
        let none = CacheStats::new(memory, disk::Counts::default());
        assert_eq!(none.to_string(), "9 hits, 4 misses, 9 entries of 1.20 MiB, 2 evicted");
        let disk = disk::Counts { hits: 3, misses: 1, stored: 5, evicted: 0 };
        let text = "12 hits (3 from disk), 5 misses, 9 entries of 1.20 MiB, 2 evicted; \
                    on disk 5 stored, 0 evicted";
        assert_eq!(CacheStats::new(memory, disk).to_string(), text);
    }
}
