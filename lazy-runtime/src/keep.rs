//! How results of a type may be kept: counted, written to disk, cached between runs.
//!
//! Whether a type is [`HeapSize`], and whether serde can write and read it, is asked where the type is written out, in the expansion
//! of the macro (`__keep`): method lookup prefers the trait that needs fewer borrows, and those are implemented for types that can do
//! more. The answer is a type, [`Keep`], that the node type of the task carries.

use std::any::{Any, TypeId};
use std::marker::PhantomData;

#[cfg(feature = "polars")]
use polars_core::{frame::DataFrame, series::Series};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::Codec;
use crate::heap_size::HeapSize;

/// Where a result is kept between runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// `#[delayed(cache)]`
    Memory,
    /// `#[delayed(cache = "disk")]`
    Disk,
}

/// What can be done with the results of a task.
#[derive(Clone, Copy)]
pub struct Kept {
    /// Where they are kept between runs, if at all.
    pub(crate) place: Option<Place>,
    /// How many bytes one takes, what it owns on the heap included.
    pub(crate) size: Option<fn(&dyn Any) -> usize>,
    /// How one is written and read.
    pub(crate) codec: Option<Codec>,
}

impl Kept {
    /// Nothing is known of the type.
    pub(crate) const OPAQUE: Kept = Kept { place: None, size: None, codec: None };
}

/// How results of type `T` may be kept, known by type alone.
pub trait Keep<T>: 'static {
    /// What can be done with them.
    const KEPT: Kept;
}

/// Nothing is known of the type.
#[derive(Clone, Copy)]
pub struct Opaque;

impl<T> Keep<T> for Opaque {
    const KEPT: Kept = Kept::OPAQUE;
}

/// Values can be counted.
#[derive(Clone, Copy)]
pub struct Counted;

impl<T: HeapSize + 'static> Keep<T> for Counted {
    const KEPT: Kept = Kept { size: Some(size_of_value::<T>), ..Kept::OPAQUE };
}

/// Values can be counted, written and read.
#[derive(Clone, Copy)]
pub struct Writable;

impl<T: HeapSize + Serialize + DeserializeOwned + Send + Sync + 'static> Keep<T> for Writable {
    const KEPT: Kept =
        Kept { place: None, size: Some(size_of_value::<T>), codec: Some(Codec::of::<T>()) };
}

/// Values are cached in memory; what can be done with them, counting them included, is `K`.
pub struct InMemory<K>(PhantomData<fn() -> K>);

/// That `T` is [`HeapSize`] is asked by [`in_memory`] alone: a type that is not is complained about once.
impl<T: 'static, K: Keep<T>> Keep<T> for InMemory<K> {
    const KEPT: Kept = {
        assert!(K::KEPT.size.is_some(), "what is `HeapSize` can be counted");
        Kept { place: Some(Place::Memory), ..K::KEPT }
    };
}

/// Values are cached in memory, and `S` says how large one is.
pub struct InMemorySized<S, K>(PhantomData<fn() -> (S, K)>);

impl<T: 'static, S: SizeOf<T>, K: Keep<T>> Keep<T> for InMemorySized<S, K> {
    const KEPT: Kept =
        Kept { place: Some(Place::Memory), size: Some(size_by::<T, S>), codec: K::KEPT.codec };
}

/// Values are cached on disk.
pub struct OnDisk<K>(PhantomData<fn() -> K>);

impl<T: Serialize + DeserializeOwned + Send + Sync + 'static, K: Keep<T>> Keep<T> for OnDisk<K> {
    const KEPT: Kept =
        Kept { place: Some(Place::Disk), size: K::KEPT.size, codec: Some(Codec::of::<T>()) };
}

/// What can be done with results of a type that needs no telling: lists of plain numbers, text, and frames.
///
/// Most types are known from the tasks that return them; these are also made by closures, which tell nothing.
pub(crate) fn well_known(of: TypeId) -> Option<&'static Kept> {
    macro_rules! among {
        ($($known:ty)*) => {
            $(if of == TypeId::of::<$known>() {
                return Some(const { &<Writable as Keep<$known>>::KEPT });
            })*
        };
    }
    among!(Vec<f64> Vec<f32> Vec<i64> Vec<i32> Vec<i16> Vec<i8> Vec<u64> Vec<u32> Vec<u16> Vec<u8> Vec<usize> Vec<bool>);
    among!(String Vec<String> Vec<Vec<f64>> Vec<Vec<f32>> Vec<Vec<i64>> Vec<Vec<u8>>);
    #[cfg(feature = "polars")]
    among!(DataFrame Series Vec<DataFrame> Vec<Series>);
    None
}

/// No value is larger, whatever its type says; so the sizes of many can be added up.
const LARGEST: usize = 1 << (usize::BITS * 3 / 4);

fn size_of_value<T: HeapSize + 'static>(value: &dyn Any) -> usize {
    let heap = value.downcast_ref::<T>().map_or(0, HeapSize::heap_size);
    size_of::<T>().saturating_add(heap).min(LARGEST)
}

fn size_by<T: 'static, S: SizeOf<T>>(value: &dyn Any) -> usize {
    let heap = value.downcast_ref::<T>().map_or(0, S::size_of);
    size_of::<T>().saturating_add(heap).min(LARGEST)
}

/// `size = path::to::function`, as a type.
pub trait SizeOf<T>: 'static {
    /// What the function says.
    fn size_of(value: &T) -> usize;
}

/// What the result of a `#[delayed(cache = "disk")]` function needs.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be written to the disk cache and read again",
    label = "this result is not `Serialize` and `DeserializeOwned`",
    note = "derive serde's `Serialize` and `Deserialize` for the types that it is made of, and own what they borrow; a type parameter needs \
            `Serialize + DeserializeOwned`; or cache in memory: `#[delayed(cache)]`"
)]
pub trait CachedOnDisk: Serialize + DeserializeOwned + Send + Sync + 'static {}
#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> CachedOnDisk for T {}

/// `#[delayed(cache)]`
pub fn in_memory<T: HeapSize, K: Keep<T>>(_: K) -> InMemory<K> {
    InMemory(PhantomData)
}

/// `#[delayed(cache, size = ..)]`
pub fn in_memory_sized<T: 'static, S: SizeOf<T>, K: Keep<T>>(_: K) -> InMemorySized<S, K> {
    InMemorySized(PhantomData)
}

/// `#[delayed(cache = "disk")]`
pub fn on_disk<T: CachedOnDisk, K: Keep<T>>(_: K) -> OnDisk<K> {
    OnDisk(PhantomData)
}

/// Asks what can be done with a `T`.
pub struct KeepProbe<T>(pub PhantomData<fn() -> T>);

/// Answers for types that can be counted, written and read.
pub trait KeepWritable {
    /// The answer.
    fn keep(&self) -> Writable;
}

/// Answers for types that can be counted.
pub trait KeepCounted {
    /// The answer.
    fn keep(&self) -> Counted;
}

/// Answers for all others.
pub trait KeepOpaque {
    /// The answer.
    fn keep(&self) -> Opaque;
}

impl<T: HeapSize + Serialize + DeserializeOwned + Send + Sync + 'static> KeepWritable
    for &&KeepProbe<T>
{
    fn keep(&self) -> Writable {
        Writable
    }
}

impl<T: HeapSize + 'static> KeepCounted for &KeepProbe<T> {
    fn keep(&self) -> Counted {
        Counted
    }
}

impl<T> KeepOpaque for KeepProbe<T> {
    fn keep(&self) -> Opaque {
        Opaque
    }
}

/// What can be done with results of this type, as a value whose type says it.
#[doc(hidden)]
#[macro_export]
macro_rules! __keep {
    ($ty:ty) => {{
        #[allow(unused_imports)]
        use $crate::__private::{KeepCounted as _, KeepOpaque as _, KeepWritable as _};
        (&&&$crate::__private::KeepProbe::<$ty>(::core::marker::PhantomData)).keep()
    }};
}
