//! Types that come back, types that change, and types that cannot be kept.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Debug;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::*;

/// Bounds of everything that is tried here.
trait Kept: Serialize + DeserializeOwned + Send + Sync + 'static {}
impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Kept for T {}

fn bytes_of<T: Kept>(value: &T) -> Result<Vec<u8>, CodecError> {
    let mut bytes = Vec::new();
    (Codec::of::<T>().encode)(value, &mut bytes)?;
    Ok(bytes)
}

fn read<T: Kept>(bytes: &[u8]) -> Result<T, CodecError> {
    let value = (Codec::of::<T>().decode)(bytes)?;
    Ok(*value.downcast().expect("a codec reads its own type"))
}

/// Reads a value as from a file, with the checksum of other bytes.
fn read_file<T: Kept>(bytes: &[u8], summed: &[u8]) -> Result<Option<T>, CodecError> {
    let mut file = io::Cursor::new([b"before", bytes, b"behind"].concat());
    let checksum = XxHash3_128::oneshot(summed);
    let value = Codec::of::<T>().read(&mut file, 6, bytes.len() as u64, checksum)?;
    Ok(value.map(|value| *value.downcast().expect("a codec reads its own type")))
}

#[track_caller]
fn assert_comes_back<T: Kept + PartialEq + Debug>(value: T) {
    let bytes = bytes_of(&value).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(read::<T>(&bytes).unwrap(), value);
    assert_eq!(read_file::<T>(&bytes, &bytes).unwrap(), Some(value));
    assert!(Shape::of::<T>().is_plain());
}

#[derive(Serialize, Deserialize, PartialEq, Debug, Clone)]
struct Forest {
    trees: Vec<Tree>,
    depth: u32,
    seed: Option<u64>,
    names: HashMap<String, (f64, i8)>,
    kind: Kind,
}

#[derive(Serialize, Deserialize, PartialEq, Debug, Clone)]
enum Tree {
    Split { feature: usize, at: f64, sides: Box<(Tree, Tree)> },
    Leaf(f64),
}

#[derive(Serialize, Deserialize, PartialEq, Debug, Clone)]
enum Kind {
    Plain,
    Weighted(Vec<f32>),
    Pair(i128, u128),
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Chain {
    value: i32,
    next: Option<Box<Chain>>,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Branch {
    inside: Vec<Branch>,
    by_name: BTreeMap<String, Branch>,
}

fn forest() -> Forest {
    let leaf = |x| Tree::Leaf(x);
    let split = Tree::Split { feature: 7, at: -0.0, sides: Box::new((leaf(1.5), leaf(f64::MAX))) };
    Forest {
        trees: vec![split, leaf(0.1)],
        depth: 300,
        seed: Some(u64::MAX),
        names: [("a".to_owned(), (1.0, -1)), (String::new(), (2.0, 1))].into(),
        kind: Kind::Pair(i128::MIN, u128::MAX),
    }
}

#[test]
fn values_come_back() {
    assert_comes_back(forest());
    assert_comes_back(Forest { kind: Kind::Weighted(vec![1.0, f32::INFINITY]), ..forest() });
    assert_comes_back(Forest { kind: Kind::Plain, ..forest() });
    assert_comes_back(Chain { value: 1, next: Some(Box::new(Chain { value: -2, next: None })) });
    assert_comes_back(Branch { inside: Vec::new(), by_name: BTreeMap::new() });
    assert_comes_back(());
    assert_comes_back('ß');
    assert_comes_back((1_u8, -1_i16, i64::MIN, u16::MAX, true, "text".to_owned()));
    assert_comes_back(Some(Some(None::<u8>)));
    assert_comes_back(Err::<u8, String>("why".to_owned()));
    assert_comes_back([[1.0, 2.0], [3.0, 4.0]]);
    assert_comes_back(vec![(); 5]);
    assert_comes_back(Duration::new(5, 7));
    assert_comes_back(NonZeroU32::new(9).unwrap());
    assert_comes_back("127.0.0.1".parse::<IpAddr>().unwrap());
    assert_comes_back(PathBuf::from("a/b"));
    assert_comes_back(HashSet::from([1, 2, 3]));
    assert_comes_back(Cow::<'static, str>::Owned("text".to_owned()));
}

#[test]
fn byte_strings_are_written_as_any_list() {
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let deque = std::collections::VecDeque::from(bytes.clone());
    assert_eq!(bytes_of(&bytes).unwrap(), bytes_of(&deque).unwrap());
    assert_comes_back(bytes);
    assert_comes_back(Vec::<u8>::new());
    assert!(read::<Vec<u8>>(&[3, 1, 2]).is_err());
    assert!(read_file::<Vec<u8>>(&[3, 1, 2], &[3, 1, 2]).is_err());
}

#[test]
fn floats_come_back_bit_by_bit() {
    let strange = f64::from_bits(0x7FF4_0000_0000_0001);
    let read: Vec<f64> = read(&bytes_of(&vec![strange, -0.0]).unwrap()).unwrap();
    assert_eq!(
        read.iter().map(|x| x.to_bits()).collect::<Vec<_>>(),
        [strange, -0.0].map(f64::to_bits)
    );
}

#[test]
fn long_values_are_handed_on_in_chunks() {
    struct Calls(Vec<usize>);
    impl io::Write for Calls {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.push(bytes.len());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut calls = Calls(Vec::new());
    let values = (vec![1.0; 100_000], "x".repeat(200_000));
    (Codec::of::<(Vec<f64>, String)>().encode)(&values, &mut calls).unwrap();
    assert_eq!(calls.0.iter().sum::<usize>(), 800_000 + 3 + 200_000 + 3);
    assert!(calls.0.len() < 20, "{:?}", calls.0);
    assert_comes_back(values);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_value_comes_back(value: Mixed) {
        let back: Mixed = read(&bytes_of(&value).unwrap()).unwrap();
        prop_assert_eq!(back, value);
    }
}

/// A bit of everything.
type Mixed = (Vec<Option<i64>>, BTreeMap<String, (u8, bool)>, Result<char, u128>, Vec<String>);

#[test]
fn a_type_that_borrows_from_its_bytes_is_read_from_a_file_too() {
    #[derive(Serialize, PartialEq, Debug)]
    struct Borrows(String);
    impl<'de> Deserialize<'de> for Borrows {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            <&str>::deserialize(from).map(|text| Borrows(text.to_owned()))
        }
    }
    assert_comes_back((5_u8, Borrows("text".to_owned()), vec![1.0; 20_000]));
}

#[test]
fn a_file_with_another_checksum_or_length_is_not_read() {
    let bytes = bytes_of(&vec![1.0; 20_000]).unwrap();
    let mut other = bytes.clone();
    other[100_000] ^= 1;
    assert_eq!(read_file::<Vec<f64>>(&other, &bytes).unwrap(), None);
    let mut short = io::Cursor::new(&bytes[..5]);
    let read = Codec::of::<Vec<f64>>().read(&mut short, 0, 6, XxHash3_128::oneshot(&bytes[..5]));
    assert!(read.unwrap().is_none());
    let longer = [&bytes[..], &[0]].concat();
    assert!(read_file::<Vec<f64>>(&longer, &longer).is_err());
    assert!(read_file::<Vec<f64>>(&bytes[..200], &bytes[..200]).is_err());
}

#[test]
fn bytes_that_are_left_over_are_an_error() {
    let mut bytes = bytes_of(&forest()).unwrap();
    bytes.push(0);
    let error = read::<Forest>(&bytes).unwrap_err();
    assert!(error.to_string().ends_with(": 1 too many"), "{error}");
}

#[test]
fn bytes_that_are_missing_are_an_error() {
    let bytes = bytes_of(&forest()).unwrap();
    for length in 0..bytes.len() {
        assert!(matches!(read::<Forest>(&bytes[..length]), Err(CodecError::Damaged { .. })));
    }
}

/// Shapes of types that were called the same at different times.
mod shapes {
    use super::*;

    macro_rules! versions {
        ($($version:ident { $($item:item)* })*) => {$(
            mod $version {
                use super::*;
                $(#[derive(Serialize, Deserialize)] $item)*
            }
        )*};
    }

    versions! {
        first { pub(super) struct Model { pub(super) weights: Vec<f64>, pub(super) rate: Option<f32> } }
        again { pub(super) struct Model { pub(super) weights: Vec<f64>, pub(super) rate: Option<f32> } }
        renamed_field { pub(super) struct Model { weights: Vec<f64>, speed: Option<f32> } }
        moved_field { pub(super) struct Model { rate: Option<f32>, weights: Vec<f64> } }
        other_number { pub(super) struct Model { weights: Vec<f32>, rate: Option<f32> } }
        inside_an_option { pub(super) struct Model { weights: Vec<f64>, rate: Option<f64> } }
        more_fields { pub(super) struct Model { weights: Vec<f64>, rate: Option<f32>, depth: u8 } }
        other_name { pub(super) struct Net { weights: Vec<f64>, rate: Option<f32> } }
    }

    #[test]
    fn the_same_type_has_the_same_shape() {
        assert_eq!(Shape::of::<first::Model>(), Shape::of::<again::Model>());
        assert_eq!(Shape::of::<Vec<u8>>(), Shape::of::<std::collections::VecDeque<u8>>());
    }

    /// Whoever changes one of these makes all results on disk worthless: then `FORMAT` is to be changed as well.
    #[test]
    fn shapes_are_the_same_in_every_build() {
        assert_eq!(
            format!("{:032x}", Shape::of::<Vec<f64>>().hash),
            "b0a94bae9f0cc4425288ae3b15fa7a11"
        );
        assert_eq!(
            format!("{:032x}", Shape::of::<Forest>().hash),
            "702fe1d5a1f825fc586052c87a795248"
        );
    }

    #[test]
    fn a_changed_type_has_another_shape() {
        let hashes = [
            Shape::of::<first::Model>().hash,
            Shape::of::<renamed_field::Model>().hash,
            Shape::of::<moved_field::Model>().hash,
            Shape::of::<other_number::Model>().hash,
            Shape::of::<inside_an_option::Model>().hash,
            Shape::of::<more_fields::Model>().hash,
            Shape::of::<other_name::Net>().hash,
        ];
        assert_eq!(HashSet::from(hashes).len(), hashes.len());
    }

    #[test]
    fn every_kind_of_number_has_its_own_shape() {
        let hashes = [
            Shape::of::<u8>().hash,
            Shape::of::<i8>().hash,
            Shape::of::<u16>().hash,
            Shape::of::<i16>().hash,
            Shape::of::<u32>().hash,
            Shape::of::<i32>().hash,
            Shape::of::<u64>().hash,
            Shape::of::<i64>().hash,
            Shape::of::<u128>().hash,
            Shape::of::<i128>().hash,
            Shape::of::<f32>().hash,
            Shape::of::<f64>().hash,
            Shape::of::<bool>().hash,
            Shape::of::<char>().hash,
        ];
        assert_eq!(HashSet::from(hashes).len(), hashes.len());
    }

    versions! {
        two { pub(super) enum Kind { A(u8), B } }
        swapped { pub(super) enum Kind { B, A(u8) } }
        inside { pub(super) enum Kind { A(u16), B } }
        last_variant { pub(super) enum Kind { A(u8), B {} } }
        third { pub(super) enum Kind { A(u8), B, C } }
    }

    #[test]
    fn every_variant_counts() {
        let hashes = [
            Shape::of::<Vec<two::Kind>>().hash,
            Shape::of::<Vec<swapped::Kind>>().hash,
            Shape::of::<Vec<inside::Kind>>().hash,
            Shape::of::<Vec<last_variant::Kind>>().hash,
            Shape::of::<Vec<third::Kind>>().hash,
        ];
        assert_eq!(HashSet::from(hashes).len(), hashes.len());
    }

    #[derive(Serialize, Deserialize)]
    struct Deep<T> {
        kind: Outer<T>,
        list: Option<Box<Deep<T>>>,
    }

    #[derive(Serialize, Deserialize)]
    enum Outer<T> {
        Empty,
        Full(Inner<T>),
        Both(Result<u8, u16>, Result<T, String>),
    }

    #[derive(Serialize, Deserialize)]
    enum Inner<T> {
        One,
        Two(u8),
        Last { list: Vec<Inner<T>>, value: T },
    }

    #[test]
    fn what_only_the_last_variant_of_an_inner_enum_holds_counts() {
        let hashes = [
            Shape::of::<Deep<u8>>().hash,
            Shape::of::<Deep<u16>>().hash,
            Shape::of::<Deep<Option<u16>>>().hash,
            Shape::of::<Deep<Result<u8, u16>>>().hash,
            Shape::of::<Deep<Result<u8, u32>>>().hash,
        ];
        assert_eq!(HashSet::from(hashes).len(), hashes.len());
        assert!(Shape::of::<Deep<u8>>().is_plain());
    }

    /// A type that is text in disguise.
    #[derive(PartialEq, Debug)]
    struct Address(String);

    impl Serialize for Address {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            self.0.serialize(to)
        }
    }

    impl<'de> Deserialize<'de> for Address {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            let text = String::deserialize(from)?;
            match text.strip_prefix("http://") {
                Some(_) => Ok(Address(text)),
                None => Err(serde::de::Error::custom("no address")),
            }
        }
    }

    #[test]
    fn fields_behind_one_that_refuses_the_empty_text_count() {
        assert_ne!(Shape::of::<(Address, u8)>().hash, Shape::of::<(Address, u16)>().hash);
        assert_ne!(Shape::of::<(NonZeroU32, u8)>().hash, Shape::of::<(NonZeroU32, u16)>().hash);
        assert_comes_back((Address("http://b.b/".to_owned()), 5_u8));
    }

    /// A type that accepts nothing that it is given, and panics.
    #[derive(Serialize)]
    struct Panics;

    impl<'de> Deserialize<'de> for Panics {
        fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            std::panic::resume_unwind(Box::new("not today"))
        }
    }

    #[test]
    fn a_panic_of_deserialize_is_an_error() {
        assert!(Shape::of::<Panics>().is_plain());
        let error = read::<Panics>(&bytes_of(&Panics).unwrap()).err().unwrap();
        assert!(error.to_string().ends_with("Panics` panicked: not today"), "{error}");
    }

    /// A list of lists of lists, without a name in between.
    #[derive(PartialEq, Debug)]
    struct Nest(Vec<Nest>);

    impl Serialize for Nest {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            self.0.serialize(to)
        }
    }

    impl<'de> Deserialize<'de> for Nest {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            Vec::deserialize(from).map(Nest)
        }
    }

    #[test]
    fn a_list_of_itself_has_a_shape() {
        assert_comes_back(Nest(vec![Nest(vec![]), Nest(vec![Nest(vec![])])]));
    }

    /// A list that keeps no zeros.
    #[derive(PartialEq, Debug)]
    struct Sparse(Vec<u32>);

    impl Serialize for Sparse {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            self.0.serialize(to)
        }
    }

    impl<'de> Deserialize<'de> for Sparse {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            let mut list = Vec::<u32>::deserialize(from)?;
            list.retain(|&x| x != 0);
            Ok(Sparse(list))
        }
    }

    #[test]
    fn a_type_that_makes_something_else_of_a_dummy_is_tried_with_another() {
        assert_comes_back(Sparse(vec![1, 2]));
    }

    #[test]
    fn a_type_that_grows_forever_has_a_shape() {
        #[derive(Serialize, Deserialize)]
        enum Wide {
            A(Box<Wide>, Vec<Wide>),
            B(Option<Box<Wide>>),
            C(HashMap<String, Wide>),
            D(Box<[Wide; 3]>),
            E(f64),
        }
        assert!(Shape::of::<Wide>().is_plain());
        assert!(bytes_of(&Wide::D(Box::new([Wide::E(0.0), Wide::B(None), Wide::E(1.0)]))).is_ok());
    }
}

/// What would not come back is refused, and says why.
mod refused {
    use super::*;

    #[track_caller]
    fn assert_refused<T: Kept>(value: T, part: &str) {
        let error = bytes_of(&value).expect_err("it would not come back").to_string();
        assert!(error.contains(part), "{error}");
    }

    #[track_caller]
    fn assert_never_plain<T: Kept>(value: T, part: &str) {
        assert!(!Shape::of::<T>().is_plain());
        assert_refused(value, part);
    }

    #[derive(Serialize, Deserialize)]
    struct Skips {
        #[serde(skip_serializing_if = "Option::is_none", default)]
        first: Option<u8>,
        second: u8,
    }

    #[test]
    fn a_field_that_is_left_out() {
        assert!(bytes_of(&Skips { first: Some(1), second: 2 }).is_ok());
        assert_refused(vec![Skips { first: None, second: 2 }], "leaves out its field `first`");
    }

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Untagged {
        A(u8),
    }

    #[derive(Serialize, Deserialize)]
    #[serde(tag = "kind")]
    enum Tagged {
        A { x: u8 },
    }

    #[derive(Serialize, Deserialize)]
    struct Flattened {
        #[serde(flatten)]
        rest: BTreeMap<String, u8>,
    }

    #[derive(Serialize, Deserialize)]
    enum Hidden {
        A,
        B(Option<Untagged>),
    }

    #[test]
    fn types_that_ask_the_bytes_what_they_are() {
        assert_never_plain(Untagged::A(1), "asks the bytes");
        assert_never_plain(Tagged::A { x: 1 }, "asks the bytes");
        assert_never_plain(Flattened { rest: BTreeMap::new() }, "asks the bytes");
        assert_never_plain(vec![Hidden::A, Hidden::B(None)], "asks the bytes");
    }

    #[derive(Serialize, Deserialize)]
    struct HalfWritten {
        #[serde(skip_serializing, default)]
        #[expect(dead_code, reason = "it is there to be left out")]
        first: u8,
        second: u8,
    }

    #[derive(Serialize, Deserialize)]
    enum Gap {
        A,
        #[serde(skip)]
        B,
        C(u8),
    }

    struct Grows(u8);

    impl Serialize for Grows {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            self.0.serialize(to)
        }
    }

    impl<'de> Deserialize<'de> for Grows {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            Ok(Grows(u16::deserialize(from)? as u8))
        }
    }

    #[test]
    fn types_that_are_written_otherwise_than_they_are_read() {
        assert_never_plain(HalfWritten { first: 1, second: 2 }, "otherwise than it is read");
        assert_never_plain(vec![Gap::A, Gap::C(1)], "otherwise than it is read");
        assert_never_plain(Grows(200), "otherwise than it is read");
        assert!(bytes_of(&Gap::B).is_err());
    }

    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    enum Aliased {
        #[serde(alias = "Old", alias = "Older")]
        New(u8),
        Other,
    }

    #[test]
    fn other_names_of_variants_do_no_harm() {
        assert_comes_back(vec![Aliased::New(1), Aliased::Other]);
    }

    struct Lies(Option<usize>, usize);

    impl Serialize for Lies {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeSeq;
            let mut list = to.serialize_seq(self.0)?;
            (0..self.1).try_for_each(|i| list.serialize_element(&(i as u64)))?;
            list.end()
        }
    }

    impl<'de> Deserialize<'de> for Lies {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            let list = Vec::<u64>::deserialize(from)?;
            Ok(Lies(Some(list.len()), list.len()))
        }
    }

    #[test]
    fn lists_of_another_length_than_they_say() {
        assert!(bytes_of(&Lies(Some(3), 3)).is_ok());
        assert_refused(Lies(None, 3), "does not say how many elements");
        assert_refused(Lies(Some(2), 3), "said 2 elements and wrote 3");
    }

    #[test]
    fn values_nested_without_end() {
        let chain = |length: i32| {
            (0..length).fold(Chain { value: 0, next: None }, |chain, value| Chain {
                value,
                next: Some(Box::new(chain)),
            })
        };
        assert_comes_back(chain(100));
        assert_refused(chain(5_000), "nested more than");
    }

    #[derive(Deserialize)]
    struct Complains(#[allow(dead_code, reason = "only read")] u8);

    impl Serialize for Complains {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("out of order"))
        }
    }

    #[derive(Deserialize)]
    struct Panics(#[allow(dead_code, reason = "only read")] u8);

    impl Serialize for Panics {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            std::panic::resume_unwind(Box::new("no room"))
        }
    }

    #[test]
    fn serialize_that_fails_or_panics() {
        assert_refused(Complains(1), "out of order");
        assert_refused(Panics(1), "panicked: no room");
    }

    #[test]
    fn a_writer_that_fails_is_the_error() {
        struct Full;
        impl io::Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        for length in [0, 1, 100_000] {
            let error = (Codec::of::<Vec<f64>>().encode)(&vec![0.0; length], &mut Full);
            assert!(
                matches!(error, Err(CodecError::Write(e)) if e.kind() == io::ErrorKind::StorageFull)
            );
        }
    }
}
