//! What a computation runs, after its caches were asked: and what it computes for others, too.
//!
//! A run claims the keys that it computes, all at once and before it begins. Two threads that want the same key at the same time compute
//! it once: the second waits until the first has it, and begins after that with a hit. Only a thread that is none of a pool, and in the
//! middle of no task, waits so, and it holds no claim meanwhile; so nobody waits for one who waits. All others compute beside each other.

use std::collections::HashSet;
use std::sync::Arc;

use super::Runtime;
use crate::cache::{Asked, Claim, Found, Id, Waited};
use crate::diagnostics::Recording;
use crate::error::{Error, Result};
use crate::execute::Order;
use crate::graph::{Candidate, Finished, Keeper, Keeping, NodeRef, Snapshot};
use crate::schedule::Stop;
use crate::store::Memory;
use crate::witness::Witness;

/// What is to be computed.
pub(super) enum Work {
    Outputs(Vec<NodeRef>),
    Planned(Box<Planned>),
}

impl Work {
    /// Whether nothing is left to be run.
    pub(super) fn is_done(&self) -> bool {
        matches!(self, Work::Planned(planned) if planned.snapshot.n_tasks() == 0)
    }

    /// The outputs of what is not planned yet.
    pub(super) fn into_outputs(self) -> Vec<NodeRef> {
        match self {
            Work::Outputs(outputs) => outputs,
            Work::Planned(_) => unreachable!("what is planned is not planned again"),
        }
    }
}

/// A graph without what caches have.
pub(super) struct Planned {
    pub(super) snapshot: Snapshot,
    /// What this run computes for all.
    claim: Option<Claim>,
    asked: Asked,
    /// In how many computations of lost results this is one.
    depth: u32,
}

/// A result on disk that could not be read, and is computed again in the middle of its task.
#[derive(Clone, Copy)]
struct Lost {
    id: Id,
    /// In how many such computations this is one, itself included.
    depth: u32,
}

/// So many lost results are computed one within the other.
const DEEPEST: u32 = 16;

impl Lost {
    /// Whether a result that it needs may be on disk. Not itself; and where one after the other was lost none is believed, for a chain of them
    /// would take the stack.
    fn trusts(self, id: Id) -> bool {
        id != self.id && self.depth < DEEPEST
    }
}

impl Planned {
    /// The results that are kept between runs and have to be computed.
    fn to_compute(&self) -> Vec<Id> {
        self.snapshot.cached().map(|task| Id::new(task.key, task.output)).collect()
    }
}

impl From<Planned> for Work {
    fn from(planned: Planned) -> Self {
        Work::Planned(Box::new(planned))
    }
}

/// What to do about keys that others compute.
#[derive(Clone, Copy)]
pub(super) enum Patience<'a> {
    /// Compute them as well.
    None,
    /// Wait, unless stopped.
    Waits(&'a Stop),
}

impl Runtime {
    pub(super) fn plan(&self, outputs: Vec<NodeRef>, patience: Patience<'_>) -> Result<Planned> {
        self.plan_but(outputs, patience, None)
    }

    /// [`Runtime::plan`] of a result that was lost.
    fn plan_but(
        &self,
        mut outputs: Vec<NodeRef>,
        mut patience: Patience<'_>,
        lost: Option<Lost>,
    ) -> Result<Planned> {
        let caches = &self.inner.kept.caches;
        loop {
            let n_kept = caches.n_kept();
            let mut planned = self.plan_now(outputs, lost);
            let mut ids = planned.to_compute();
            let claim = loop {
                if ids.is_empty() {
                    return Ok(planned);
                }
                match (caches.claims().try_claim(ids.clone()), patience) {
                    (Ok(claim), _) => break Some(claim),
                    (Err(taken), Patience::Waits(stop)) => {
                        if self.wait_for(&taken, stop)? == Waited::TooLong {
                            patience = Patience::None;
                        }
                        break None;
                    }
                    (Err(taken), Patience::None) => ids.retain(|id| !taken.contains(id)),
                }
            };
            let Some(claim) = claim else {
                outputs = planned.snapshot.into_outputs();
                continue;
            };
            if caches.n_kept() == n_kept {
                planned.claim = Some(claim);
                return Ok(planned);
            }
            // Something has been kept between the look and the claim, perhaps of this. What is claimed stays missing unless it is there
            // now: so one more look is enough, as long as others keep what they like, but for what was given up meanwhile.
            let mut again = self.plan_now(planned.snapshot.into_outputs(), lost);
            let missing: HashSet<_> = again.to_compute().into_iter().collect();
            let claimed: HashSet<_> = ids.into_iter().collect();
            if matches!(patience, Patience::None) || missing.is_subset(&claimed) {
                claimed.iter().filter(|id| !missing.contains(id)).for_each(|id| claim.done(id));
                again.claim = Some(claim);
                return Ok(again);
            }
            outputs = again.snapshot.into_outputs();
        }
    }

    /// A graph without what the caches have now.
    fn plan_now(&self, outputs: Vec<NodeRef>, lost: Option<Lost>) -> Planned {
        let caches = &self.inner.kept.caches;
        let mut asked = Asked::default();
        let snapshot = Snapshot::with_caches(outputs, &mut |candidate: &Candidate| {
            let id = Id::new(candidate.key, candidate.output);
            match caches.look(candidate.key, candidate.output, candidate.kept, &mut asked) {
                Found::OnDisk if lost.is_some_and(|lost| !lost.trusts(id)) => Found::Nothing,
                found => found,
            }
        });
        Planned { snapshot, claim: None, asked, depth: lost.map_or(0, |lost| lost.depth) }
    }

    fn wait_for(&self, ids: &[Id], stop: &Stop) -> Result<Waited> {
        let is_stopped = || stop.reason().is_some();
        let claims = self.inner.kept.caches.claims();
        let waited = claims.wait_for(ids, stop.deadline(), is_stopped);
        if waited != Waited::Stopped {
            return Ok(waited);
        }
        Err(stop.reason().map_or(Error::Timeout(stop.limit()), |reason| reason.error(stop)))
    }

    /// What the run keeps beyond its results.
    pub(super) fn keep(
        &self,
        planned: Planned,
        recording: Option<&Recording>,
        stop: &Stop,
    ) -> (Snapshot, Option<Box<Keeping>>) {
        let Planned { mut snapshot, claim, asked, depth } = planned;
        let kept = &self.inner.kept;
        let witness = recording.map(|recording| recording.recorder() as Arc<dyn Witness>);
        kept.caches.count(asked, witness.as_deref());
        let memory = kept.memory.clone().filter(|_| Memory::applies_here());
        if !snapshot.has_cached() && memory.is_none() && witness.is_none() {
            return (snapshot, None);
        }
        let (runtime, stop) = (self.clone(), Stop::as_of(stop));
        let keeper = Keeper {
            caches: kept.caches.clone(),
            memory,
            claim,
            witness,
            recompute: Box::new(move |node, id| {
                runtime.recompute(node, Lost { id, depth: depth + 1 }, &Stop::as_of(&stop))
            }),
        };
        let keeping = Keeping::of(&mut snapshot, keeper);
        (snapshot, keeping)
    }

    /// Computes a node whose result on disk could not be read.
    fn recompute(&self, node: NodeRef, lost: Lost, stop: &Stop) -> Result<Finished> {
        let planned = self.plan_but(vec![node], Patience::None, Some(lost))?;
        let order = Order { stop, collect_errors: false, recorder: None };
        self.in_pool(planned.into(), &order)
    }
}
