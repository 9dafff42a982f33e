//! Tasks made without a function of one's own: closures over values, parts of values, sums and reductions.

mod call;
mod map;
mod parts;
mod reduce;

pub use call::{CallWith, TryCallWith, call, try_call};
pub use parts::{Flatten, GetItem, MissingItem, Unzip};
pub use reduce::{NothingToReduce, collect, reduce};

use crate::arg::{Dependency, Own, Ref};
use crate::task::{Describe, Function};

/// The arguments of a task that takes one value, which is a node.
type Owned<T> = (Own<T, Dependency<T>>,);

/// The arguments of a task that borrows one value, which is a node.
type Borrowed<T> = (Ref<T, Dependency<T>>,);

/// Describes functions of this module: `described! { Name "name"; }`.
macro_rules! described {
    ($($Type:ident $name:literal;)*) => {$(
        pub(super) struct $Type;

        impl Describe for $Type {
            const FUNCTION: Function = Function::internal($name, concat!("lazy_runtime::", $name));
        }
    )*};
}

mod names {
    use super::{Describe, Function};

    described! {
        Called "call";
        Mapped "map";
        MappedRef "map_ref";
        AndThen "and_then";
        Zipped "zip";
        Flattened "flatten";
        Item "get";
        Unzipped "unzip";
        Collected "collect";
        Summed "sum";
        Multiplied "product";
        Reduced "reduce";
    }
}
