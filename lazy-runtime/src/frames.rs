//! Data frames and series of Polars as results and arguments: how large they are, and their tokens.
//!
//! A token stands for what a frame says, and not for how it lies in memory: neither for its chunks, nor for what stands where a value is
//! null, nor for the numbers that a process gave to categories. So it is made of the columns in the form of Arrow, where a category is
//! its text, and each column writes its name and type, its length, where it is null, and the values that are there.

use std::any::TypeId;

use polars_arrow::array::{
    Array, BinaryArray, BinaryViewArray, BooleanArray, DictionaryArray, DictionaryKey,
    FixedSizeListArray, ListArray, PrimitiveArray, StructArray, Utf8ViewArray, View,
};
use polars_arrow::bitmap::Bitmap;
use polars_arrow::compute::utils::combine_validities_and;
use polars_arrow::datatypes::{IntegerType, PhysicalType};
use polars_arrow::types::{NativeType, PrimitiveType};
use polars_core::frame::DataFrame;
use polars_core::prelude::CompatLevel;
use polars_core::series::Series;
use polars_utils::float16::pf16;

use crate::heap_size::HeapSize;
use crate::token::{Tokenize, Tokenizer};

/// Whether this is a type of this module.
pub(crate) fn is_frame(of: TypeId) -> bool {
    of == TypeId::of::<DataFrame>() || of == TypeId::of::<Series>()
}

/// What Polars estimates, and the views that stand for strings, which it leaves out. Buffers that two values share count twice; the texts of
/// categories, which a process keeps once, not at all.
impl HeapSize for DataFrame {
    fn heap_size(&self) -> usize {
        self.columns().iter().map(|column| column.as_materialized_series().heap_size()).sum()
    }
}

/// As for a [`DataFrame`].
impl HeapSize for Series {
    fn heap_size(&self) -> usize {
        let views = self.chunks().iter().map(|array| n_views(&**array) * size_of::<View>());
        self.estimated_size() + views.sum::<usize>()
    }
}

/// How many strings are seen through views.
fn n_views(array: &dyn Array) -> usize {
    match array.dtype().to_physical_type() {
        PhysicalType::Utf8View | PhysicalType::BinaryView => array.len(),
        PhysicalType::LargeList => {
            let lists: &ListArray<i64> = typed(array);
            let (first, last) = (lists.offsets().first(), lists.offsets().last());
            n_views(&*lists.values().sliced(*first as usize, (last - first) as usize))
        }
        PhysicalType::FixedSizeList => n_views(&**typed::<FixedSizeListArray>(array).values()),
        PhysicalType::Struct => {
            let fields = typed::<StructArray>(array).values().iter();
            fields.map(|field| n_views(&**field)).sum()
        }
        _ => 0,
    }
}

/// The number of rows and of columns, and the columns. The same in every process that has the same version of Polars.
///
/// # Panics
/// If a column holds objects, which tell nothing of themselves.
impl Tokenize for DataFrame {
    fn tokenize(&self, tokenizer: &mut Tokenizer) {
        tokenizer.write_length(self.height());
        tokenizer.write_length(self.width());
        let columns = self.columns().iter();
        columns.for_each(|column| column.as_materialized_series().tokenize(tokenizer));
    }
}

/// The name, the type and the values. The same in every process that has the same version of Polars.
///
/// # Panics
/// As for a [`DataFrame`].
impl Tokenize for Series {
    fn tokenize(&self, tokenizer: &mut Tokenizer) {
        let (name, dtype) = (self.name(), self.dtype());
        assert!(
            !dtype.contains_objects(),
            "the column `{name}` holds objects, which have no token"
        );
        // It says all that there is to know of the type: unit and time zone, fields, what an enum can be.
        let field = dtype.to_arrow_field(name.clone(), CompatLevel::newest());
        tokenizer.write_str(&format!("{field:?}"));
        let array = self.rechunk().to_arrow(0, CompatLevel::newest());
        write(&*array, None, tokenizer);
    }
}

/// Writes the values of an array, of which only those are there that `outer` says, and which are not null.
fn write(array: &dyn Array, outer: Option<&Bitmap>, to: &mut Tokenizer) {
    let present = Present::of(array, outer);
    to.write_length(present.length);
    to.write_length(present.n_nulls());
    present.nulls().for_each(|index| to.write_length(index));
    match array.dtype().to_physical_type() {
        PhysicalType::Null => {}
        PhysicalType::Boolean => {
            let values: &BooleanArray = typed(array);
            present.each(|index| values.value(index).tokenize(to));
        }
        PhysicalType::Primitive(of) => write_primitive(array, of, &present, to),
        PhysicalType::Utf8View => {
            let values: &Utf8ViewArray = typed(array);
            present.each(|index| to.write_str(values.value(index)));
        }
        PhysicalType::BinaryView => {
            let values: &BinaryViewArray = typed(array);
            present.each(|index| to.write_text(values.value(index)));
        }
        PhysicalType::LargeBinary => {
            let values: &BinaryArray<i64> = typed(array);
            present.each(|index| to.write_text(values.value(index)));
        }
        PhysicalType::LargeList => {
            let values: &ListArray<i64> = typed(array);
            present.each(|index| write(&*values.value(index), None, to));
        }
        PhysicalType::FixedSizeList => {
            let values: &FixedSizeListArray = typed(array);
            present.each(|index| write(&*values.value(index), None, to));
        }
        PhysicalType::Struct => {
            let fields: &StructArray = typed(array);
            fields.values().iter().for_each(|field| write(&**field, present.valid.as_ref(), to));
        }
        PhysicalType::Dictionary(IntegerType::UInt8) => write_categories::<u8>(array, &present, to),
        PhysicalType::Dictionary(IntegerType::UInt16) => {
            write_categories::<u16>(array, &present, to)
        }
        PhysicalType::Dictionary(IntegerType::UInt32) => {
            write_categories::<u32>(array, &present, to)
        }
        other => unreachable!("Polars has no column that is {other:?} in Arrow"),
    }
}

/// Which values of an array are there.
struct Present {
    length: usize,
    /// `None`: all.
    valid: Option<Bitmap>,
}

impl Present {
    fn of(array: &dyn Array, outer: Option<&Bitmap>) -> Self {
        let valid = combine_validities_and(array.validity(), outer);
        Present { length: array.len(), valid: valid.filter(|valid| valid.unset_bits() > 0) }
    }

    fn n_nulls(&self) -> usize {
        self.valid.as_ref().map_or(0, Bitmap::unset_bits)
    }

    fn nulls(&self) -> impl Iterator<Item = usize> {
        let valid = self.valid.iter();
        valid.flat_map(|valid| (0..valid.len()).filter(|&index| !valid.get_bit(index)))
    }

    fn each(&self, visit: impl FnMut(usize)) {
        match &self.valid {
            None => (0..self.length).for_each(visit),
            Some(valid) => valid.true_idx_iter().for_each(visit),
        }
    }
}

/// # Panics
/// If the array is not of the type that its own type says.
fn typed<A: 'static>(array: &dyn Array) -> &A {
    array.as_any().downcast_ref().expect("an array is of its own type")
}

fn write_primitive(array: &dyn Array, of: PrimitiveType, present: &Present, to: &mut Tokenizer) {
    macro_rules! among {
        ($($Variant:ident $Number:ty;)*) => {
            match of {
                $(PrimitiveType::$Variant => write_numbers::<$Number>(array, present, to),)*
                other => unreachable!("Polars has no column that is {other:?} in Arrow"),
            }
        };
    }
    among! {
        Int8 i8; Int16 i16; Int32 i32; Int64 i64; Int128 i128;
        UInt8 u8; UInt16 u16; UInt32 u32; UInt64 u64; UInt128 u128;
        Float16 pf16; Float32 f32; Float64 f64;
    }
}

/// Numbers as their bytes, the lowest first; in one block where none is null.
fn write_numbers<T: NativeType>(array: &dyn Array, present: &Present, to: &mut Tokenizer) {
    let values = typed::<PrimitiveArray<T>>(array).values().as_slice();
    match present.valid {
        None if cfg!(target_endian = "little") => to.write_bytes(bytemuck::cast_slice(values)),
        _ => present.each(|index| to.write_bytes(values[index].to_le_bytes().as_ref())),
    }
}

/// Categories as their texts.
fn write_categories<K: DictionaryKey>(array: &dyn Array, present: &Present, to: &mut Tokenizer) {
    let keys: &DictionaryArray<K> = typed(array);
    let texts: &Utf8ViewArray = typed(&**keys.values());
    present.each(|index| to.write_str(texts.value(keys.key_value(index))));
}

#[cfg(test)]
mod tests {
    use polars_arrow::datatypes::{ArrowDataType, Field};
    use polars_utils::pl_str::PlSmallStr;

    use super::*;

    fn token(array: &dyn Array) -> u128 {
        let mut tokenizer = Tokenizer::new();
        write(array, None, &mut tokenizer);
        tokenizer.finish()
    }

    /// The second is null.
    fn numbers(below: i64) -> PrimitiveArray<i64> {
        let valid = Bitmap::from([true, false, true]);
        PrimitiveArray::from_vec(vec![1, below, 3]).with_validity(Some(valid))
    }

    #[test]
    fn short_strings_take_the_room_of_their_views() {
        let texts = Utf8ViewArray::from_slice_values(["a", "b", "c"]).boxed();
        let series = Series::try_from((PlSmallStr::EMPTY, texts.clone())).unwrap();
        assert_eq!(series.heap_size(), 3 * 16 + 3);
        let dtype = ListArray::<i64>::default_datatype(ArrowDataType::Utf8View);
        let lists = ListArray::<i64>::new(dtype, vec![0, 1, 3].try_into().unwrap(), texts, None);
        assert_eq!((n_views(&lists), n_views(&lists.clone().sliced(1, 1))), (3, 2));
        let fields = vec![Field::new("l".into(), lists.dtype().clone(), true)];
        let structs = ArrowDataType::Struct(fields);
        assert_eq!(n_views(&StructArray::new(structs, 2, vec![lists.boxed()], None)), 3);
    }

    #[test]
    fn what_stands_below_a_null_is_not_told() {
        assert_eq!(token(&numbers(7)), token(&numbers(8)));
        let (texts, valid) = (["a", "b", "c"], Bitmap::from([true, false, true]));
        let texts = Utf8ViewArray::from_slice_values(texts).with_validity(Some(valid));
        let other = Utf8ViewArray::from_slice([Some("a"), None, Some("c")]);
        assert_eq!(token(&texts), token(&other));
        assert_ne!(token(&texts), token(&Utf8ViewArray::from_slice_values(["a", "b", "c"])));
    }

    #[test]
    fn a_mask_that_hides_nothing_is_none() {
        let plain = PrimitiveArray::from_vec(vec![1_i64, 2]);
        let masked = plain.clone().with_validity(Some(Bitmap::from([true, true])));
        assert_eq!(token(&plain), token(&masked));
    }

    #[test]
    fn the_fields_of_a_null_are_not_told() {
        let of = |below| {
            let field = Field::new("x".into(), ArrowDataType::Int64, true);
            let inner = PrimitiveArray::from_vec(vec![1_i64, below, 3]).boxed();
            let valid = Bitmap::from([true, false, true]);
            StructArray::new(ArrowDataType::Struct(vec![field]), 3, vec![inner], Some(valid))
        };
        assert_eq!(token(&of(7)), token(&of(8)));
    }

    #[test]
    fn a_list_tells_where_one_ends() {
        let of = |offsets: Vec<i64>, valid: [bool; 2]| {
            let dtype = ListArray::<i64>::default_datatype(ArrowDataType::Int64);
            let offsets = offsets.try_into().unwrap();
            let inner = PrimitiveArray::from_vec(vec![1_i64, 2, 3]).boxed();
            token(&ListArray::new(dtype, offsets, inner, Some(Bitmap::from(valid))))
        };
        let all = [true, true];
        assert_ne!(of(vec![0, 1, 3], all), of(vec![0, 2, 3], all));
        assert_ne!(of(vec![0, 1, 1], all), of(vec![0, 1, 1], [true, false]));
        assert_eq!(of(vec![0, 1, 3], [true, false]), of(vec![0, 1, 1], [true, false]));
    }
}
