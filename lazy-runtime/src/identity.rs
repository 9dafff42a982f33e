//! What tells one function from another in the keys of its calls: path, type parameters, and a hash of the source.

use std::any::{TypeId, type_name};
use std::cell::Cell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{Hash, Hasher};
use std::sync::{Mutex, PoisonError};

use crate::task::Describe;
use crate::token::{Tokenize, Tokenizer};

/// What stands for the function in a key; as a token, it says whether another process gives the same function the same.
///
/// Path and source do not tell everything apart: two blocks of one function may each define a function, or a type, of the same name.
/// The compiler's ids do, but they are not the same in another build. So the second function that has the path, type parameters and
/// source of another gets an identity that is good in this process only.
#[inline]
pub(crate) fn identity<D: Describe, F: 'static>() -> u128 {
    let id = TypeId::of::<(D, F)>();
    let place = place(id);
    let recent = RECENT.with(|recent| recent[place].get());
    match recent {
        Some((known, identity)) if known == id => identity,
        _ => {
            let identity = look_up(id, || base::<D, F>());
            RECENT.with(|recent| recent[place].set(Some((id, identity))));
            identity
        }
    }
}

fn base<D: Describe, F>() -> u128 {
    let mut tokenizer = Tokenizer::new();
    D::FUNCTION.path.tokenize(&mut tokenizer);
    // The function's own type: it names the functions around it, and all type parameters.
    type_name::<F>().tokenize(&mut tokenizer);
    D::FUNCTION.source_hash.tokenize(&mut tokenizer);
    tokenizer.finish_key()
}

const PLACES: usize = 64;

thread_local! {
    /// The last functions that this thread called, each in the place of its id.
    static RECENT: [Cell<Option<(TypeId, u128)>>; PLACES] = const { [const { Cell::new(None) }; PLACES] };
}

#[inline]
fn place(id: TypeId) -> usize {
    let mut bits = Bits(0);
    id.hash(&mut bits);
    bits.0 as usize % PLACES
}

/// Takes the bits of a hash value as they are.
#[derive(Default)]
pub(crate) struct Bits(u64);

impl Hasher for Bits {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, bits: u64) {
        self.0 = self.0.rotate_left(32) ^ bits;
    }

    fn write_u128(&mut self, bits: u128) {
        self.write_u64((bits >> 64) as u64 ^ bits as u64);
    }
}

/// Every function that was called in this process.
#[derive(Default)]
struct Known {
    identities: HashMap<TypeId, u128>,
    /// How many functions share a base.
    sharing: HashMap<u128, u64>,
}

#[cold]
fn look_up(id: TypeId, base: impl FnOnce() -> u128) -> u128 {
    static KNOWN: Mutex<Option<Known>> = Mutex::new(None);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let Known { identities, sharing } = known.get_or_insert_default();
    match identities.entry(id) {
        Entry::Occupied(known) => *known.get(),
        Entry::Vacant(new) => {
            let base = base();
            let before = sharing.entry(base).or_default();
            let identity = if *before == 0 { base } else { another(base, *before) };
            *before += 1;
            *new.insert(identity)
        }
    }
}

/// The identity of a function that so many others share their base with.
fn another(base: u128, before: u64) -> u128 {
    let mut tokenizer = Tokenizer::new();
    tokenizer.write_u64(before);
    // Its last bit says: in this process only.
    tokenizer.write_node(base | 1);
    tokenizer.finish_key()
}
