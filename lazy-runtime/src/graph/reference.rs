//! The counted reference to a node, and what happens when the last one goes.

use std::any::TypeId;
use std::cell::{Cell, RefCell};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::ptr::NonNull;
use std::sync::Arc;

use super::arena;
use super::node::{Boxed, Data, Node, NodePtr, Payload};
use crate::key::Key;

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
        Node::<P>::note_made();
        let memory = arena::allocate(size_of::<Node<P>>()).cast::<Node<P>>();
        // SAFETY: the arena gave memory of this size, with the alignment checked in `new`.
        unsafe { memory.write(Node::new(payload, location)) };
        NodeRef(NodePtr(memory.cast()))
    }

    #[inline]
    pub(super) fn ptr(&self) -> NodePtr {
        self.0
    }

    pub(crate) fn key(&self) -> Key {
        self.0.key()
    }

    /// The part of the key that tells the node from others, as what depends on it needs it.
    #[inline]
    pub(crate) fn token(&self) -> u128 {
        self.0.token()
    }

    /// A number that grows with the time at which the node was made, on one thread.
    pub(crate) fn id(&self) -> u64 {
        arena::id(self.0.0.cast())
    }
}

impl NodePtr {
    /// One more reference to a node that is alive.
    pub(super) fn to_ref(self) -> NodeRef {
        self.header().references.add();
        NodeRef(self)
    }
}

impl Clone for NodeRef {
    #[inline]
    fn clone(&self) -> Self {
        self.0.to_ref()
    }
}

impl Drop for NodeRef {
    #[inline]
    fn drop(&mut self) {
        if self.0.header().references.give_up() {
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
            unsafe { node.drop_payload() };
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
    /// A reference with its type; `None` if the node's output is of another.
    pub(super) fn of_node(node: NodeRef) -> Option<Self> {
        let is_of_type = node.0.vtable().output_id == TypeId::of::<T>();
        is_of_type.then_some(TypedRef { node, output: PhantomData })
    }

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
        Self::new(Data::new(value, key), location)
    }
}

impl<T> TypedRef<T> {
    pub(super) fn into_node(self) -> NodeRef {
        self.node
    }

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
