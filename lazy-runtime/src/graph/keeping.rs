//! A run that keeps more than results in slots: it has a memory limit, feeds caches, or is watched.
//!
//! Results that are *held* lie in `store` and not in their slots; the edges to them carry [`HELD`](super::snapshot::HELD). All this is beside
//! the path of a plain run, which has no [`Keeping`].

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::inputs::Inputs;
use super::node::{NodePtr, Payload};
use super::reference::{NodeRef, TypedRef};
use super::run::Finished;
use super::snapshot::Snapshot;
use super::values::Values;
use crate::cache::{Cache, Claim, Id};
use crate::codec::Codec;
use crate::error::{Failure, Result};
use crate::identity::Bits;
use crate::keep::{Kept, Place, well_known};
use crate::key::Key;
use crate::store::{Held, HeldBuilder, Memory};
use crate::witness::{CacheOutcome, Witness};

/// What a run is given to keep results with.
pub(crate) struct Keeper {
    pub(crate) caches: Cache,
    /// The limit, if there is one.
    pub(crate) memory: Option<Arc<Memory>>,
    /// The keys that this run computes for all.
    pub(crate) claim: Option<Claim>,
    pub(crate) witness: Option<Arc<dyn Witness>>,
    /// Computes a node in a run of its own, without looking for it on disk.
    pub(crate) recompute: Recompute,
}

pub(crate) type Recompute = Box<dyn Fn(NodeRef, Id) -> Result<Finished> + Send + Sync>;

pub(crate) struct Keeping {
    keeper: Keeper,
    pub(super) held: Arc<Held>,
    /// What is known of types from tasks that know it, for those that do not, such as operators.
    by_type: ByType<&'static Kept>,
    /// How large each result is; only for a witness.
    bytes: Vec<AtomicU64>,
}

/// Types are told apart by what is a hash already.
type ByType<V> = HashMap<TypeId, V, BuildHasherDefault<Bits>>;

/// In place of a number of bytes.
const UNKNOWN: u64 = u64::MAX;

impl Keeping {
    /// What a run of this snapshot has to keep; `None` if that is nothing. Marks the edges to what is held.
    pub(crate) fn of(snapshot: &mut Snapshot, keeper: Keeper) -> Option<Box<Self>> {
        let is_limited = keeper.memory.is_some() && snapshot.holds_memory();
        if !snapshot.has_cached() && !is_limited && keeper.witness.is_none() {
            return None;
        }
        let count = snapshot.len() as u32;
        let vtables = || (0..count).map(|index| (index, snapshot.node(index).vtable()));
        let mut by_type: ByType<&'static Kept> = HashMap::default();
        let mut codecs: ByType<Option<Codec>> = HashMap::default();
        if is_limited || keeper.witness.is_some() {
            let sized = vtables().filter(|(_, vtable)| vtable.kept.size.is_some());
            // Who knows how to write values tells more than who only knows how large they are.
            let (writable, counted): (Vec<_>, Vec<_>) =
                sized.map(|(_, vtable)| vtable).partition(|vtable| vtable.kept.codec.is_some());
            let known = counted.into_iter().chain(writable);
            by_type.extend(known.map(|vtable| (vtable.output_id, vtable.kept)));
        }
        let memory = keeper.memory.clone().filter(|_| is_limited);
        let mut held = HeldBuilder::new(snapshot.len(), memory, keeper.witness.clone());
        for (index, vtable) in vtables().filter(|&(index, _)| snapshot.is_task(index)) {
            let known = by_type.get(&vtable.output_id).copied();
            let known = known.or_else(|| well_known(vtable.output_id)).unwrap_or(vtable.kept);
            let is_counted = is_limited && known.size.is_some() && vtable.stored.holds_memory();
            if is_counted || vtable.kept.place == Some(Place::Memory) {
                let codec = codecs.entry(vtable.output_id).or_insert_with(|| {
                    known.codec.filter(|codec| is_limited && (codec.shape)().is_plain())
                });
                held.hold(index, snapshot.key(index), *codec);
            }
        }
        let held = Arc::new(held.build(|| snapshot.uses_of_results(), snapshot.outputs()));
        snapshot.mark_held(|index| held.is_held(index));
        if let Some(memory) = keeper.memory.as_ref().filter(|_| is_limited) {
            memory.enter(&held);
        }
        let measured = if keeper.witness.is_some() { count } else { 0 };
        let bytes = (0..measured).map(|_| AtomicU64::new(UNKNOWN)).collect();
        Some(Box::new(Keeping { keeper, held, by_type, bytes }))
    }

    /// How large a result is, where that is known and somebody wants to know.
    pub(super) fn bytes_of(&self, index: u32) -> Option<u64> {
        let bytes = self.bytes.get(index as usize)?.load(Ordering::Relaxed);
        (bytes != UNKNOWN).then_some(bytes)
    }

    /// A task has ended, however it did.
    pub(super) fn end(&self, snapshot: &Snapshot, index: u32) {
        let node = snapshot.node(index);
        self.held.note_executed(index, snapshot.held_by(index));
        if let Some(claim) = &self.keeper.claim {
            claim.note_progress();
            if let Some(candidate) = node.candidate() {
                claim.done(&Id::new(candidate.key, candidate.output));
            }
        }
        self.make_room();
    }

    /// The memory limit, if there is one.
    pub(crate) fn limit(&self) -> Option<Arc<Memory>> {
        self.keeper.memory.clone()
    }

    /// The most bytes that counted against the limit since this was asked last.
    pub(super) fn most_used(&self) -> Option<u64> {
        self.keeper.memory.as_ref().map(|memory| memory.take_most() as u64)
    }

    pub(super) fn make_room(&self) {
        if let Some(memory) = &self.keeper.memory {
            memory.make_room();
        }
    }

    fn note(&self, key: Key, note: CacheOutcome) {
        if let Some(witness) = &self.keeper.witness {
            witness.cache(key, note);
        }
    }

    /// The size of a result, if its type says, in this task or in another.
    fn measure<P: Payload>(&self, index: u32, result: &dyn Any) -> Option<usize> {
        let of = TypeId::of::<P::Output>();
        let known = || self.by_type.get(&of).copied().or_else(|| well_known(of))?.size;
        let bytes = P::KEPT.size.or_else(known)?(result);
        if let Some(place) = self.bytes.get(index as usize) {
            place.store(bytes as u64, Ordering::Relaxed);
        }
        Some(bytes)
    }

    /// The result of a task from disk; or else computed with all that it needs, in a run that keeps it again.
    fn load<P: Payload>(&self, node: NodePtr) -> Result<P::Output, Failure> {
        let key = node.key();
        match self.keeper.caches.load(key, &P::KEPT) {
            Ok(Some(value)) => match value.downcast::<P::Output>() {
                Ok(value) => {
                    self.note(key, CacheOutcome::HitOnDisk);
                    return Ok(*value);
                }
                Err(_) => self.note(key, CacheOutcome::Damaged),
            },
            // Another process has removed it since it was looked for.
            Ok(None) => (),
            Err(reason) => self.note(key, reason.into()),
        }
        let typed = TypedRef::<P::Output>::of_node(node.to_ref());
        let typed = typed.expect("a node has the output of its payload");
        let failed = |error| Failure::Returned(Box::new(error));
        let id = Id::new(key, TypeId::of::<P::Output>());
        let mut finished = (self.keeper.recompute)(node.to_ref(), id).map_err(failed)?;
        let mut value = finished.take_shared(&typed);
        loop {
            match Arc::try_unwrap(value) {
                Ok(value) => return Ok(value),
                // Only who makes room may have it as well, as long as it takes to write it.
                Err(shared) => value = shared,
            }
            std::thread::yield_now();
        }
    }
}

/// Makes the call of a task, or reads its result, and keeps it as its type says: in its slot or in `store`.
///
/// The call itself is that of a plain run, which puts the result into its slot: so a user's function is compiled once, into what calls it.
///
/// # Safety
/// As for [`NodePtr::run`]; the node's payload is a `P`.
#[inline(never)]
pub(super) unsafe fn run<P: Payload>(
    node: NodePtr,
    inputs: &mut Inputs<'_>,
    values: &Values,
    index: u32,
) -> Result<(), Failure> {
    let keeping = inputs.keeping();
    let (held, place) = (&keeping.held, P::KEPT.place);
    let begun = place.is_some().then(Instant::now);
    let is_loaded = inputs.is_loaded(node);
    let result = if is_loaded {
        keeping.load::<P>(node)?
    } else {
        // SAFETY: by contract.
        unsafe { node.run(inputs, values, index)? };
        // SAFETY: the call has filled the slot, and nobody knows of it before the task has ended.
        unsafe { values.unwrite::<P::Output>(index) }
    };
    let cost = begun.map_or(Duration::ZERO, |begun| begun.elapsed());
    if place == Some(Place::Disk) && !is_loaded {
        let key = node.key();
        keeping.note(key, keeping.keeper.caches.store(key, P::FUNCTION.path, &P::KEPT, &result));
    }
    let bytes = keeping.measure::<P>(index, &result);
    if !held.is_held(index) {
        // SAFETY: by contract, the slot is for this and empty again.
        unsafe { values.write(index, result) };
        return Ok(());
    }
    let (value, bytes) = (Arc::new(result), bytes.unwrap_or(0));
    if place == Some(Place::Memory) {
        let (key, value) = (node.key(), Arc::clone(&value));
        keeping.note(key, keeping.keeper.caches.keep::<P::Output>(key, value, bytes, cost));
    }
    held.put(index, value, bytes);
    Ok(())
}
