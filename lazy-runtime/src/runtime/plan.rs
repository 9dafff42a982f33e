//! What a computation runs, after its caches were asked: and what it computes for others, too.
//!
//! A run claims the keys that it computes, all at once and before it begins. Two threads that want the same key at the same time compute
//! it once: the second waits until the first has it, and begins after that with a hit. Only a thread that is none of a pool, and in the
//! middle of no task, waits so, and it holds no claim meanwhile; so nobody waits for one who waits. All others compute beside each other.

use std::collections::HashSet;
use std::sync::Arc;

use super::Runtime;
use crate::cache::{Asked, Claim, Found, Id};
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

    /// [`Runtime::plan`] without looking for one of the results.
    fn plan_but(
        &self,
        mut outputs: Vec<NodeRef>,
        patience: Patience<'_>,
        not_looked_for: Option<Id>,
    ) -> Result<Planned> {
        let caches = &self.inner.kept.caches;
        loop {
            let n_kept = caches.n_kept();
            let mut planned = self.plan_now(outputs, not_looked_for);
            let mut ids = planned.to_compute();
            let claim = loop {
                if ids.is_empty() {
                    return Ok(planned);
                }
                match (caches.claims().try_claim(ids.clone()), patience) {
                    (Ok(claim), _) => break Some(claim),
                    (Err(taken), Patience::Waits(stop)) => {
                        self.wait_for(&taken, stop)?;
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
            let mut again = self.plan_now(planned.snapshot.into_outputs(), not_looked_for);
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

    /// A graph without what the caches have now, one of the results left out of account.
    fn plan_now(&self, outputs: Vec<NodeRef>, not_looked_for: Option<Id>) -> Planned {
        let caches = &self.inner.kept.caches;
        let mut asked = Asked::default();
        let snapshot = Snapshot::with_caches(outputs, &mut |candidate: &Candidate| {
            let id = Id::new(candidate.key, candidate.output);
            if not_looked_for == Some(id) {
                return Found::Nothing;
            }
            caches.look(candidate.key, candidate.output, candidate.kept, &mut asked)
        });
        Planned { snapshot, claim: None, asked }
    }

    fn wait_for(&self, ids: &[Id], stop: &Stop) -> Result<()> {
        let is_stopped = || stop.reason().is_some();
        let claims = self.inner.kept.caches.claims();
        if claims.wait_for(ids, stop.deadline(), is_stopped) {
            return Ok(());
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
        let Planned { mut snapshot, claim, asked } = planned;
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
            recompute: Box::new(move |node, id| runtime.recompute(node, id, &Stop::as_of(&stop))),
        };
        let keeping = Keeping::of(&mut snapshot, keeper);
        (snapshot, keeping)
    }

    /// Computes a node whose result on disk was damaged.
    fn recompute(&self, node: NodeRef, id: Id, stop: &Stop) -> Result<Finished> {
        let planned = self.plan_but(vec![node], Patience::None, Some(id))?;
        let order = Order { stop, collect_errors: false, recorder: None };
        self.in_pool(planned.into(), &order)
    }
}
