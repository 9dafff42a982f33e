//! How many bytes a value owns on the heap, for whoever has to keep within a limit.

use std::borrow::Cow;
use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::convert::Infallible;
use std::ffi::{CStr, CString, OsStr, OsString};
use std::marker::{PhantomData, PhantomPinned};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::num::{NonZero, Saturating, Wrapping};
use std::ops::{Bound, Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// A value that knows how many bytes it owns on the heap: what caches and memory limits count.
///
/// Derive it for your own types; [`macro@HeapSize`](derive@crate::HeapSize) says how. Counted is what is allocated, by capacity, and not the value itself,
/// which lies wherever its owner put it. Allocators round up, and trees and hash tables do not tell what they hold: the sizes are estimates, good to
/// a few per cent. An [`Arc`] counts what is inside in full, so what two values share counts twice.
///
/// References are not `HeapSize`, though they own nothing: the runtime asks of a result type, when it is compiled, whether its values can
/// be counted and written to disk, and for a type such as `&'static str` the compiler has no answer to that but an error about lifetimes.
///
/// # Examples
/// ```
/// use lazy_runtime::HeapSize;
///
/// let rows = vec![[0.0_f64; 3]; 100];
/// assert_eq!(rows.heap_size(), 100 * 3 * 8);
/// assert_eq!([1, 2, 3].heap_size(), 0);
/// ```
///
/// A type that has to be counted by hand:
/// ```
/// use lazy_runtime::HeapSize;
///
/// /// Pixels, which another library allocated.
/// struct Image {
///     width: usize,
///     height: usize,
/// }
///
/// impl HeapSize for Image {
///     fn heap_size(&self) -> usize {
///         4 * self.width * self.height
///     }
/// }
///
/// assert_eq!(Box::new(Image { width: 640, height: 480 }).heap_size(), size_of::<Image>() + 4 * 640 * 480);
/// ```
#[diagnostic::on_unimplemented(
    message = "it is not known how much memory `{Self}` takes",
    label = "`{Self}` does not tell its size",
    note = "derive `HeapSize` for a type of your own; for a type of another crate, say which function knows its size: \
            `#[delayed(cache, size = path::to::function)]` for a result, `#[heap_size(with = path::to::function)]` for a field",
    note = "a reference owns nothing: leave such a field out with `#[heap_size(skip)]`"
)]
pub trait HeapSize {
    /// Whether a value can own anything on the heap. Where none does, a list of them is counted without looking at its items.
    const HAS_HEAP: bool = true;

    /// The bytes that the value owns on the heap, without the value itself.
    fn heap_size(&self) -> usize;
}

/// What the items own, unless they cannot own anything.
fn owned_by<'a, T: HeapSize + 'a>(items: impl IntoIterator<Item = &'a T>) -> usize {
    match T::HAS_HEAP {
        true => items.into_iter().map(T::heap_size).sum(),
        false => 0,
    }
}

/// Types whose values lie in one piece.
macro_rules! flat {
    ($($T:ty $(: $A:ident)?;)*) => {$(
        impl $(<$A: ?Sized>)? HeapSize for $T {
            const HAS_HEAP: bool = false;

            #[inline]
            fn heap_size(&self) -> usize {
                0
            }
        }
    )*};
}

flat! {
    u8; u16; u32; u64; u128; usize;
    i8; i16; i32; i64; i128; isize;
    NonZero<u8>; NonZero<u16>; NonZero<u32>; NonZero<u64>; NonZero<u128>; NonZero<usize>;
    NonZero<i8>; NonZero<i16>; NonZero<i32>; NonZero<i64>; NonZero<i128>; NonZero<isize>;
    f32; f64; bool; char; Path; OsStr; CStr;
    (); RangeFull; PhantomPinned; PhantomData<T>: T; Infallible;
    Duration; Instant; SystemTime; Ordering;
    IpAddr; Ipv4Addr; Ipv6Addr; SocketAddr; SocketAddrV4; SocketAddrV6;
}

/// Not in the list above, which the compiler would print to whoever returns a `&str`.
impl HeapSize for str {
    const HAS_HEAP: bool = false;

    #[inline]
    fn heap_size(&self) -> usize {
        0
    }
}

/// Types that hold bytes: how many.
macro_rules! bytes {
    ($($T:ty: |$value:ident| $bytes:expr;)*) => {$(
        impl HeapSize for $T {
            #[inline]
            fn heap_size(&self) -> usize {
                let $value = self;
                $bytes
            }
        }
    )*};
}

bytes! {
    String: |text| text.capacity();
    OsString: |text| text.capacity();
    PathBuf: |path| path.capacity();
    CString: |text| text.as_bytes_with_nul().len();
}

impl<T: HeapSize> HeapSize for [T] {
    const HAS_HEAP: bool = T::HAS_HEAP;

    fn heap_size(&self) -> usize {
        owned_by(self)
    }
}

impl<T: HeapSize, const N: usize> HeapSize for [T; N] {
    const HAS_HEAP: bool = N > 0 && T::HAS_HEAP;

    fn heap_size(&self) -> usize {
        owned_by(self)
    }
}

/// Collections in one piece, with room for so many items.
macro_rules! buffers {
    ($($Collection:ident)*) => {$(
        impl<T: HeapSize> HeapSize for $Collection<T> {
            fn heap_size(&self) -> usize {
                self.capacity() * size_of::<T>() + owned_by(self)
            }
        }
    )*};
}

buffers!(Vec VecDeque BinaryHeap);

impl<T: HeapSize> HeapSize for LinkedList<T> {
    fn heap_size(&self) -> usize {
        self.len() * (size_of::<T>() + 2 * size_of::<usize>()) + owned_by(self)
    }
}

impl<T: HeapSize> HeapSize for BTreeSet<T> {
    fn heap_size(&self) -> usize {
        tree::<T>(self.len()) + owned_by(self)
    }
}

impl<K: HeapSize, V: HeapSize> HeapSize for BTreeMap<K, V> {
    fn heap_size(&self) -> usize {
        tree::<(K, V)>(self.len()) + owned_by(self.keys()) + owned_by(self.values())
    }
}

impl<T: HeapSize, S> HeapSize for HashSet<T, S> {
    fn heap_size(&self) -> usize {
        table::<T>(self.capacity()) + owned_by(self)
    }
}

impl<K: HeapSize, V: HeapSize, S> HeapSize for HashMap<K, V, S> {
    fn heap_size(&self) -> usize {
        table::<(K, V)>(self.capacity()) + owned_by(self.keys()) + owned_by(self.values())
    }
}

/// A B-tree of so many entries: nodes have room for eleven, and are two thirds full on average; beside the entries, a
/// node takes two words, and one more for each node below it.
fn tree<Entry>(len: usize) -> usize {
    const ROOM: usize = 11;
    const FILLED: usize = 8;
    len.div_ceil(FILLED) * (ROOM * size_of::<Entry>() + 3 * size_of::<usize>())
}

/// A hash table with room for so many entries: a power of two of places, seven eighths of which are used, each with a byte of control
/// data, and sixteen bytes more of that.
fn table<Entry>(capacity: usize) -> usize {
    const GROUP: usize = 16;
    match capacity {
        0 => 0,
        _ => (capacity * 8).div_ceil(7).next_power_of_two() * (size_of::<Entry>() + 1) + GROUP,
    }
}

impl<T: HeapSize + ?Sized> HeapSize for Box<T> {
    fn heap_size(&self) -> usize {
        size_of_val(&**self) + (**self).heap_size()
    }
}

/// Pointers that count their owners, in two words before the value.
macro_rules! counted {
    ($($Pointer:ident)*) => {$(
        impl<T: HeapSize + ?Sized> HeapSize for $Pointer<T> {
            fn heap_size(&self) -> usize {
                2 * size_of::<usize>() + size_of_val(&**self) + (**self).heap_size()
            }
        }
    )*};
}

counted!(Rc Arc);

impl<T: ToOwned<Owned: HeapSize> + ?Sized> HeapSize for Cow<'_, T> {
    fn heap_size(&self) -> usize {
        match self {
            Cow::Borrowed(_) => 0,
            Cow::Owned(value) => value.heap_size(),
        }
    }
}

/// One line a type: its fields.
macro_rules! fields {
    ($($T:ident: $($field:tt),*;)*) => {$(
        impl<T: HeapSize> HeapSize for $T<T> {
            const HAS_HEAP: bool = T::HAS_HEAP;

            #[inline]
            fn heap_size(&self) -> usize {
                0 $(+ self.$field.heap_size())*
            }
        }
    )*};
}

fields! {
    Wrapping: 0;
    Saturating: 0;
    Reverse: 0;
    Range: start, end;
    RangeFrom: start;
    RangeTo: end;
    RangeToInclusive: end;
}

impl<T: HeapSize> HeapSize for RangeInclusive<T> {
    const HAS_HEAP: bool = T::HAS_HEAP;

    fn heap_size(&self) -> usize {
        self.start().heap_size() + self.end().heap_size()
    }
}

impl<T: HeapSize> HeapSize for Bound<T> {
    const HAS_HEAP: bool = T::HAS_HEAP;

    fn heap_size(&self) -> usize {
        match self {
            Bound::Included(value) | Bound::Excluded(value) => value.heap_size(),
            Bound::Unbounded => 0,
        }
    }
}

impl<T: HeapSize> HeapSize for Option<T> {
    const HAS_HEAP: bool = T::HAS_HEAP;

    #[inline]
    fn heap_size(&self) -> usize {
        self.as_ref().map_or(0, T::heap_size)
    }
}

impl<T: HeapSize, E: HeapSize> HeapSize for Result<T, E> {
    const HAS_HEAP: bool = T::HAS_HEAP || E::HAS_HEAP;

    #[inline]
    fn heap_size(&self) -> usize {
        self.as_ref().map_or_else(E::heap_size, T::heap_size)
    }
}

macro_rules! tuple {
    ($($A:ident $at:tt),*) => {
        impl<$($A: HeapSize),*> HeapSize for ($($A,)*) {
            const HAS_HEAP: bool = false $(|| $A::HAS_HEAP)*;

            #[inline]
            fn heap_size(&self) -> usize {
                0 $(+ self.$at.heap_size())*
            }
        }
    };
}

crate::arities::up_to_12!(tuple);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_in_one_piece_owns_nothing() {
        const {
            assert!(!<[(f64, Option<bool>); 4]>::HAS_HEAP);
            assert!(!<Result<Range<u8>, ()>>::HAS_HEAP);
            assert!(<(f64, String)>::HAS_HEAP);
            assert!(<Option<Box<u8>>>::HAS_HEAP);
            assert!(!<[String; 0]>::HAS_HEAP);
        }
        assert_eq!((1, 2.0, 'c', [Some(true); 4]).heap_size(), 0);
    }

    #[test]
    fn capacity_counts_rather_than_length() {
        let mut numbers: Vec<u32> = Vec::with_capacity(100);
        numbers.push(1);
        assert_eq!(numbers.heap_size(), 400);
        let mut text = String::with_capacity(64);
        text.push('a');
        assert_eq!(text.heap_size(), 64);
        assert_eq!(VecDeque::<u64>::with_capacity(8).heap_size(), 64);
    }

    #[test]
    fn items_count_with_what_they_own() {
        let words = vec![String::with_capacity(10), String::with_capacity(20)];
        assert_eq!(words.heap_size(), 2 * size_of::<String>() + 30);
        let boxed: Box<[Box<u64>]> = vec![Box::new(1), Box::new(2)].into_boxed_slice();
        assert_eq!(boxed.heap_size(), 2 * size_of::<usize>() + 16);
    }

    #[test]
    fn a_shared_value_counts_in_full_for_each_owner() {
        let shared = Arc::new([0_u64; 10]);
        let size = 2 * size_of::<usize>() + 80;
        assert_eq!((Arc::clone(&shared), shared).heap_size(), 2 * size);
        assert_eq!(Arc::<str>::from("text").heap_size(), 2 * size_of::<usize>() + 4);
    }

    #[test]
    fn a_borrowed_cow_owns_nothing() {
        let text = String::from("text");
        assert_eq!(Cow::Borrowed(text.as_str()).heap_size(), 0);
        assert_eq!(Cow::<str>::Owned(text.clone()).heap_size(), text.capacity());
    }

    #[test]
    fn empty_collections_own_nothing() {
        assert_eq!(HashMap::<u8, u8>::new().heap_size(), 0);
        assert_eq!(BTreeMap::<u8, u8>::new().heap_size(), 0);
        assert_eq!((Vec::<u8>::new(), String::new(), LinkedList::<u8>::new()).heap_size(), 0);
    }

    #[test]
    fn hash_tables_have_room_for_a_power_of_two() {
        for (capacity, places) in [(1, 2), (3, 4), (7, 8), (14, 16), (28, 32), (56, 64), (57, 128)]
        {
            assert_eq!(table::<u64>(capacity), places * 9 + 16, "{capacity}");
        }
    }
}
