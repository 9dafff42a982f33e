//! A node, and what it can do.

use std::any::{Any, TypeId};
use std::panic::Location;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::arena;
use super::inputs::Inputs;
use super::keeping;
use super::reference::{NodeRef, TypedRef};
use super::references::References;
use super::traits::Traits;
use super::values::{Stored, Values};
use crate::error::Failure;
use crate::keep::Kept;
use crate::key::Key;
use crate::task::Function;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Task,
    Data,
}

/// What a node holds and does; the node itself adds the counters and the place of the call.
///
/// `dependencies` and `run` must name the same nodes in the same order: `run` gets its inputs by position.
pub(crate) trait Payload: Send + Sync + Sized + 'static {
    type Output: Send + Sync + 'static;
    const KIND: Kind;
    const FUNCTION: Function;
    /// Whether it matters that [`Payload::run`] gets an input itself as its last user, even where a copy costs nothing.
    const MOVES: bool = false;
    /// How its results may be kept.
    const KEPT: Kept = Kept::OPAQUE;
    /// Nodes of equal keys are one: the key says what is called with what.
    const IS_PURE: bool = false;

    /// Names every dependency, in the order in which [`Payload::run`] asks for it.
    fn dependencies(&self, found: &mut Dependencies<'_>);

    /// Makes the call.
    fn run<'r>(&'r self, inputs: &mut Inputs<'r>) -> Result<Self::Output, Failure>;

    /// Shows every literal argument with its position among the parameters.
    fn literals(&self, show: ShowLiteral<'_>);

    /// The key, where it is another than the one made from the function's name and the node's number.
    fn key(&self) -> Option<Key> {
        None
    }
}

/// A type's name without its path and its parameters: `Vec` for `alloc::vec::Vec<f64>`.
pub(crate) fn short_type_name(full: &'static str) -> &'static str {
    let full = full.trim_start_matches('&').trim_start_matches("mut ");
    match full.as_bytes().first() {
        Some(b'(') => "tuple",
        Some(b'[') => "array",
        _ => {
            let path = full.split('<').next().unwrap_or(full);
            path.rsplit("::").next().unwrap_or(path)
        }
    }
}

/// Where a node writes the names of its dependencies.
pub struct Dependencies<'a>(&'a mut Vec<NodePtr>);

impl Dependencies<'_> {
    #[inline]
    pub(crate) fn push<T>(&mut self, dependency: &TypedRef<T>) {
        self.0.push(dependency.node().ptr());
    }
}

/// Told of each literal argument and its position among the parameters.
pub(crate) type ShowLiteral<'a> = &'a mut dyn FnMut(usize, &dyn Any);

/// What a node type can do, shared by all nodes of that type.
pub(super) struct VTable {
    pub(super) kind: Kind,
    pub(super) function: &'static Function,
    pub(super) stored: Stored,
    pub(super) traits: Traits,
    pub(super) kept: &'static Kept,
    pub(super) output_type: fn() -> &'static str,
    pub(super) output_id: TypeId,
    /// A data node with this value in the place of the task; `None` if the value is of another type.
    pub(super) stand_in: fn(Shared, Key, &'static Location<'static>) -> Option<NodeRef>,
    dependencies: unsafe fn(NodePtr, &mut Vec<NodePtr>),
    run: RunNode,
    /// In a run that keeps more than results in slots.
    run_kept: RunNode,
    literals: unsafe fn(NodePtr, ShowLiteral<'_>),
    key: unsafe fn(NodePtr) -> Option<Key>,
    drop_payload: unsafe fn(NodePtr),
}

type RunNode = unsafe fn(NodePtr, &mut Inputs<'_>, &Values, u32) -> Result<(), Failure>;

/// Whether any node was ever made whose result is kept between runs.
static MAY_HAVE_CACHED: AtomicBool = AtomicBool::new(false);

pub(crate) fn may_have_cached() -> bool {
    MAY_HAVE_CACHED.load(Ordering::Relaxed)
}

/// A value that others may have, too.
pub(crate) type Shared = Arc<dyn Any + Send + Sync>;

#[repr(C)]
pub(super) struct Header {
    vtable: &'static VTable,
    location: &'static Location<'static>,
    pub(super) references: References,
}

#[repr(C)]
pub(super) struct Node<P> {
    header: Header,
    payload: P,
}

/// A node's address. It is [`Copy`] and counts nothing: whoever keeps one keeps a [`NodeRef`] that reaches it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct NodePtr(pub(super) NonNull<Header>);

// SAFETY: a node's payload is `Send + Sync` (see `Payload`), its header holds atomics and `'static` references.
unsafe impl Send for NodePtr {}
// SAFETY: as above.
unsafe impl Sync for NodePtr {}

impl<P: Payload> Node<P> {
    const FUNCTION: &'static Function = &P::FUNCTION;

    const STORED: Stored = match P::KIND {
        Kind::Task => Stored::of::<P::Output>(),
        Kind::Data => Stored::NOTHING,
    };

    const VTABLE: &'static VTable = &VTable {
        kind: P::KIND,
        function: Self::FUNCTION,
        stored: Self::STORED,
        traits: Traits::of::<P>(&Self::STORED),
        kept: &P::KEPT,
        output_type: std::any::type_name::<P::Output>,
        output_id: TypeId::of::<P::Output>(),
        stand_in: |value, key, location| {
            let value = value.downcast::<P::Output>().ok()?;
            Some(TypedRef::data(value, Some(key), location).into_node())
        },
        dependencies: |node, found| {
            // SAFETY: this table belongs to nodes of type `Node<P>` only.
            unsafe { Self::payload(node) }.dependencies(&mut Dependencies(found));
        },
        run: |node, inputs, values, index| {
            // SAFETY: as above; and the run that calls outlives the inputs it gives.
            let result = unsafe { Self::payload(node) }.run(inputs)?;
            // SAFETY: the caller gives the index of this node in a run, whose slot is for `P::Output` and is empty.
            unsafe { values.write::<P::Output>(index, result) };
            Ok(())
        },
        run_kept: |node, inputs, values, index| {
            // SAFETY: by the caller's contract, which is the same.
            unsafe { keeping::run::<P>(node, inputs, values, index) }
        },
        literals: |node, show| {
            // SAFETY: as above.
            unsafe { Self::payload(node) }.literals(show);
        },
        key: |node| {
            // SAFETY: as above.
            unsafe { Self::payload(node) }.key()
        },
        drop_payload: |node| {
            // SAFETY: as above, and the caller gives the payload up.
            unsafe { (&raw mut (*node.0.cast::<Node<P>>().as_ptr()).payload).drop_in_place() };
        },
    };

    /// # Safety
    /// `node` is a live `Node<P>`, and lives for `'a`.
    #[inline]
    unsafe fn payload<'a>(node: NodePtr) -> &'a P {
        // SAFETY: by contract; payloads are never changed while the node lives.
        unsafe { &(*node.0.cast::<Node<P>>().as_ptr()).payload }
    }
}

impl<P: Payload> Node<P> {
    /// To be called for each node before it is made. Not in [`Node::new`]: a branch in there would have each node copied once more.
    #[inline]
    pub(super) fn note_made() {
        if const { P::KEPT.place.is_some() } {
            MAY_HAVE_CACHED.store(true, Ordering::Relaxed);
        }
    }

    /// A node with one reference.
    #[inline]
    pub(super) fn new(payload: P, location: &'static Location<'static>) -> Self {
        let header = Header { vtable: Self::VTABLE, location, references: References::one() };
        Node { header, payload }
    }
}

impl NodePtr {
    /// Drops what the node holds.
    ///
    /// # Safety
    /// The last reference is gone, and so is the payload afterwards.
    pub(super) unsafe fn drop_payload(self) {
        // SAFETY: by contract, and the table is the node's own.
        unsafe { (self.vtable().drop_payload)(self) }
    }

    #[inline]
    pub(super) fn header(&self) -> &Header {
        // SAFETY: whoever has a `NodePtr` has a reference that keeps the node alive.
        unsafe { self.0.as_ref() }
    }

    #[inline]
    pub(super) fn vtable(&self) -> &'static VTable {
        self.header().vtable
    }

    pub(super) fn location(&self) -> &'static Location<'static> {
        self.header().location
    }

    #[inline]
    pub(super) fn dependencies(self, found: &mut Vec<NodePtr>) {
        // SAFETY: the table is the node's own.
        unsafe { (self.vtable().dependencies)(self, found) }
    }

    /// Makes the node's call and puts its result in slot `index` of `values`.
    ///
    /// # Safety
    /// `index` is this node's place in the run that `inputs` and `values` belong to, its slot is empty, all its
    /// dependencies have finished, and nobody else runs it.
    #[inline]
    pub(super) unsafe fn run(
        self,
        inputs: &mut Inputs<'_>,
        values: &Values,
        index: u32,
    ) -> Result<(), Failure> {
        // SAFETY: by contract, and the table is the node's own.
        unsafe { (self.vtable().run)(self, inputs, values, index) }
    }

    /// [`NodePtr::run`] in a run that keeps more than results in slots: the result goes where it is to be kept.
    ///
    /// # Safety
    /// As for [`NodePtr::run`].
    pub(super) unsafe fn run_kept(
        self,
        inputs: &mut Inputs<'_>,
        values: &Values,
        index: u32,
    ) -> Result<(), Failure> {
        // SAFETY: by contract, and the table is the node's own.
        unsafe { (self.vtable().run_kept)(self, inputs, values, index) }
    }

    pub(super) fn literals(self, show: ShowLiteral<'_>) {
        // SAFETY: the table is the node's own.
        unsafe { (self.vtable().literals)(self, show) }
    }

    pub(super) fn key(self) -> Key {
        self.own_key().unwrap_or_else(|| {
            let vtable = self.vtable();
            let name = match vtable.kind {
                Kind::Task => vtable.function.name,
                Kind::Data => short_type_name((vtable.output_type)()),
            };
            Key::numbered(name, arena::id(self.0.cast()))
        })
    }

    /// The part of the key that tells the node from others.
    ///
    /// Not always that of its key: a value that was persisted is called as the task that made it, which might make another the
    /// next time.
    pub(super) fn token(self) -> u128 {
        match self.own_key() {
            Some(key) if key.is_stable() || self.vtable().kind == Kind::Task => key.token(),
            _ => Key::numbered("", arena::id(self.0.cast())).token(),
        }
    }

    /// The token that nodes of the same kind and token share: they are one.
    pub(super) fn shared_token(self) -> Option<u128> {
        let key = self.own_key()?;
        (self.vtable().traits.have(Traits::IS_PURE) || key.is_stable()).then(|| key.token())
    }

    fn own_key(self) -> Option<Key> {
        // SAFETY: the table is the node's own.
        unsafe { (self.vtable().key)(self) }
    }

    /// The value of a data node.
    ///
    /// # Safety
    /// The node is a data node of type `T` and lives for `'a`.
    #[inline]
    pub(super) unsafe fn data<'a, T: Send + Sync + 'static>(self) -> &'a Arc<T> {
        // SAFETY: by contract.
        &unsafe { Node::<Data<T>>::payload(self) }.value
    }
}

/// A value that is there: stored once, shared by all who need it.
pub(crate) struct Data<T> {
    value: Arc<T>,
    key: Option<Box<Key>>,
}

impl<T> Data<T> {
    pub(super) fn new(value: Arc<T>, key: Option<Key>) -> Self {
        Data { value, key: key.map(Box::new) }
    }
}

impl<T: Send + Sync + 'static> Payload for Data<T> {
    type Output = T;
    const KIND: Kind = Kind::Data;
    const FUNCTION: Function = Function::DATA;

    fn dependencies(&self, _: &mut Dependencies<'_>) {}

    fn run<'r>(&'r self, _: &mut Inputs<'r>) -> Result<T, Failure> {
        unreachable!("a data node is never run")
    }

    fn literals(&self, _: ShowLiteral<'_>) {}

    fn key(&self) -> Option<Key> {
        self.key.as_deref().copied()
    }
}

/// A payload that is too large, or too strictly aligned, for the arena.
pub(super) struct Boxed<P>(pub(super) Box<P>);

impl<P: Payload> Payload for Boxed<P> {
    type Output = P::Output;
    const KIND: Kind = P::KIND;
    const FUNCTION: Function = P::FUNCTION;
    const MOVES: bool = P::MOVES;
    const KEPT: Kept = P::KEPT;
    const IS_PURE: bool = P::IS_PURE;

    fn dependencies(&self, found: &mut Dependencies<'_>) {
        self.0.dependencies(found);
    }

    fn run<'r>(&'r self, inputs: &mut Inputs<'r>) -> Result<P::Output, Failure> {
        self.0.run(inputs)
    }

    fn literals(&self, show: ShowLiteral<'_>) {
        self.0.literals(show);
    }

    fn key(&self) -> Option<Key> {
        self.0.key()
    }
}
