//! Results that are kept between runs.

mod caches;
mod claims;
mod entry;
mod id;
mod memory;

pub(crate) use caches::Caches;
pub(crate) use claims::{Claim, Claims};
pub use entry::CacheEntry;
pub(crate) use id::Id;
pub(crate) use memory::{MemoryCache, Value};
