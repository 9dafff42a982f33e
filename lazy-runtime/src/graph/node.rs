//! A node, what it can do, and the counted reference to it.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::arena;
use super::inputs::Inputs;
use super::values::{Stored, Values};
use crate::error::Failure;
use crate::key::Key;
use crate::task::Function;

/// More references than this to one node end the process, long before the counter could wrap.
const MAX_REFERENCES: u32 = i32::MAX as u32;

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
fn short_type_name(full: &'static str) -> &'static str {
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
        self.0.push(dependency.node.0);
    }
}

/// Told of each literal argument and its position among the parameters.
pub(crate) type ShowLiteral<'a> = &'a mut dyn FnMut(usize, &dyn Any);

/// What a node type can do, shared by all nodes of that type.
pub(super) struct VTable {
    pub(super) kind: Kind,
    pub(super) function: &'static Function,
    pub(super) stored: Stored,
    pub(super) output_type: fn() -> &'static str,
    dependencies: unsafe fn(NodePtr, &mut Vec<NodePtr>),
    run: unsafe fn(NodePtr, &mut Inputs<'_>, &Values, u32) -> Result<(), Failure>,
    literals: unsafe fn(NodePtr, ShowLiteral<'_>),
    key: unsafe fn(NodePtr) -> Option<Key>,
    drop_payload: unsafe fn(NodePtr),
}

#[repr(C)]
pub(super) struct Header {
    vtable: &'static VTable,
    location: &'static Location<'static>,
    references: AtomicU32,
}

#[repr(C)]
struct Node<P> {
    header: Header,
    payload: P,
}

/// A node's address. It is [`Copy`] and counts nothing: whoever keeps one keeps a [`NodeRef`] that reaches it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct NodePtr(pub(super) NonNull<Header>);

// SAFETY: a node's payload is `Send + Sync` (see `Payload`), its header holds atomics and `'static` references.
unsafe impl Send for NodePtr {}
// SAFETY: as above.
unsafe impl Sync for NodePtr {}

impl<P: Payload> Node<P> {
    const FUNCTION: &'static Function = &P::FUNCTION;

    const VTABLE: &'static VTable = &VTable {
        kind: P::KIND,
        function: Self::FUNCTION,
        stored: match P::KIND {
            Kind::Task => Stored::of::<P::Output>(),
            Kind::Data => Stored::NOTHING,
        },
        output_type: std::any::type_name::<P::Output>,
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

impl NodePtr {
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
struct Boxed<P>(Box<P>);

impl<P: Payload> Payload for Boxed<P> {
    type Output = P::Output;
    const KIND: Kind = P::KIND;
    const FUNCTION: Function = P::FUNCTION;

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

/// A counted reference to a node: the node, and all it depends on, lives as long as one exists.
pub(crate) struct NodeRef(NodePtr);

impl NodeRef {
    #[inline]
    fn new<P: Payload>(payload: P, location: &'static Location<'static>) -> NodeRef {
        if const { Self::fits::<P>() } {
            Self::place(payload, location)
        } else {
            Self::place(Boxed(Box::new(payload)), location)
        }
    }

    /// Whether a node with this payload lies in the arena as it is.
    const fn fits<P>() -> bool {
        size_of::<Node<P>>() <= arena::MAX_NODE && align_of::<Node<P>>() <= arena::ALIGN
    }

    #[inline]
    fn place<P: Payload>(payload: P, location: &'static Location<'static>) -> NodeRef {
        let memory = arena::allocate(size_of::<Node<P>>()).cast::<Node<P>>();
        let header = Header { vtable: Node::<P>::VTABLE, location, references: AtomicU32::new(1) };
        // SAFETY: the arena gave memory of this size, with the alignment checked in `new`.
        unsafe { memory.write(Node { header, payload }) };
        NodeRef(NodePtr(memory.cast()))
    }

    #[inline]
    pub(super) fn ptr(&self) -> NodePtr {
        self.0
    }

    pub(crate) fn key(&self) -> Key {
        self.0.key()
    }

    /// A number that grows with the time at which the node was made, on one thread.
    pub(crate) fn id(&self) -> u64 {
        arena::id(self.0.0.cast())
    }

    pub(crate) fn kind(&self) -> Kind {
        self.0.vtable().kind
    }
}

impl Clone for NodeRef {
    #[inline]
    fn clone(&self) -> Self {
        // Relaxed: the new reference is made from one that exists, as `Arc` does it.
        if self.0.header().references.fetch_add(1, Ordering::Relaxed) >= MAX_REFERENCES {
            std::process::abort();
        }
        NodeRef(self.0)
    }
}

impl Drop for NodeRef {
    #[inline]
    fn drop(&mut self) {
        let references = &self.0.header().references;
        // The load saves the last owner the costlier instruction; if it reads 1, nobody else has a reference.
        if references.load(Ordering::Acquire) == 1 || references.fetch_sub(1, Ordering::AcqRel) == 1
        {
            drop_node(self.0);
        }
    }
}

thread_local! {
    /// Where nodes go that lose their last reference while this thread is dropping another one: the queue of the outermost
    /// `drop_node` on its stack. It needs no destructor, so it is there as long as the thread runs any code.
    static QUEUE: Cell<Option<NonNull<Queue>>> = const { Cell::new(None) };
}

type Queue = RefCell<Vec<NodePtr>>;

/// Drops a node nobody reaches, then what only it reached, and so on, in a loop: chains are as long as they are.
fn drop_node(node: NodePtr) {
    match QUEUE.get() {
        // SAFETY: the queue is on the stack below us: it is taken from `QUEUE` before its function returns.
        Some(queue) => unsafe { queue.as_ref() }.borrow_mut().push(node),
        None => drop_nodes(node),
    }
}

/// Has a queue in [`QUEUE`] while it lives, also when something unwinds.
struct Registered<'a>(PhantomData<&'a Queue>);

impl<'a> Registered<'a> {
    fn new(queue: &'a Queue) -> Self {
        QUEUE.set(Some(NonNull::from(queue)));
        Registered(PhantomData)
    }
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        QUEUE.set(None);
    }
}

fn drop_nodes(first: NodePtr) {
    let queue = Queue::default();
    let mut freed = arena::Freed::default();
    let mut outcome = Ok(());
    let mut next = Some(first);
    let registered = Registered::new(&queue);
    while let Some(node) = next {
        // A payload holds values of the user's, whose drops may panic; the other nodes are dropped all the same.
        let dropped = catch_unwind(AssertUnwindSafe(|| {
            // SAFETY: the last reference is gone, so the node is ours alone.
            unsafe { (node.vtable().drop_payload)(node) };
        }));
        outcome = outcome.and(dropped);
        // SAFETY: as above, and its payload is gone.
        unsafe { freed.free(node.0.cast()) };
        next = queue.borrow_mut().pop();
    }
    drop(registered);
    if let Err(panic) = outcome
        && !std::thread::panicking()
    {
        resume_unwind(panic);
    }
}

/// A [`NodeRef`] to a node whose result or value is a `T`.
///
/// The only ways to make one are from a payload with that output, so the type can be trusted.
pub(crate) struct TypedRef<T> {
    node: NodeRef,
    /// Invariant: results are kept under their very type.
    output: PhantomData<fn(T) -> T>,
}

impl<T: Send + Sync + 'static> TypedRef<T> {
    #[inline]
    pub(crate) fn new<P: Payload<Output = T>>(
        payload: P,
        location: &'static Location<'static>,
    ) -> Self {
        TypedRef { node: NodeRef::new(payload, location), output: PhantomData }
    }

    pub(crate) fn data(
        value: Arc<T>,
        key: Option<Key>,
        location: &'static Location<'static>,
    ) -> Self {
        const { assert!(NodeRef::fits::<Data<T>>(), "`value` reads it in place") };
        Self::new(Data { value, key: key.map(Box::new) }, location)
    }

    /// The value, when this is a data node.
    pub(crate) fn value(&self) -> Option<&Arc<T>> {
        // SAFETY: a data node with output `T` is a `Node<Data<T>>`, and `self` keeps it alive.
        (self.node.kind() == Kind::Data).then(|| unsafe { self.node.0.data::<T>() })
    }
}

impl<T> TypedRef<T> {
    #[inline]
    pub(crate) fn node(&self) -> &NodeRef {
        &self.node
    }

    pub(crate) fn location(&self) -> &'static Location<'static> {
        self.node.0.location()
    }

    pub(crate) fn name(&self) -> &'static str {
        self.node.0.key().name
    }
}

impl<T> Clone for TypedRef<T> {
    #[inline]
    fn clone(&self) -> Self {
        TypedRef { node: self.node.clone(), output: PhantomData }
    }
}
