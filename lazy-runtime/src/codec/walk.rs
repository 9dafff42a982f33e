//! A serializer that writes nothing: it refuses values that would not come back.

use std::fmt;

use serde::ser::{self, Serialize, Serializer};

use super::wire::Wire;

/// Values nested deeper are refused: reading them back would take more stack than a thread has.
const DEEPEST: u32 = 256;

/// Why a value would not come back.
#[derive(Debug)]
pub(super) enum Fault {
    Skipped(&'static str),
    UnknownLength,
    WrongLength { said: usize, came: usize },
    TooDeep,
    Custom(Box<str>),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Skipped(field) => write!(
                f,
                "`skip_serializing_if` leaves out its field `{field}`, which the compact format cannot \
                 tell; write the field always"
            ),
            Fault::UnknownLength => f.write_str(
                "it does not say how many elements it has before it writes them; collect them first",
            ),
            Fault::WrongLength { said, came } => {
                write!(f, "it said {said} elements and wrote {came}; correct its `Serialize`")
            }
            Fault::TooDeep => write!(
                f,
                "it is nested more than {DEEPEST} deep; keep it in a list, with indices for links"
            ),
            Fault::Custom(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Fault {}

impl ser::Error for Fault {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Fault::Custom(text.to_string().into())
    }
}

/// Why a value would not come back, as a part of a sentence. Costs nothing for long lists of numbers.
pub(super) fn check<T: Serialize>(value: &T) -> Result<(), String> {
    let walk = Walk { sink: &mut Nowhere, depth: 0 };
    value.serialize(walk).map_err(|fault| fault.to_string())
}

/// What would be written for a value; `None` if it is refused.
pub(super) fn record<T: Serialize>(value: &T) -> Option<Vec<Wire>> {
    let mut wire = Vec::new();
    value.serialize(Walk { sink: &mut wire, depth: 0 }).ok()?;
    Some(wire)
}

/// Where that goes what would be written.
trait Sink {
    fn put(&mut self, wire: Wire);
}

struct Nowhere;

impl Sink for Nowhere {
    #[inline]
    fn put(&mut self, _: Wire) {}
}

impl Sink for Vec<Wire> {
    fn put(&mut self, wire: Wire) {
        self.push(wire);
    }
}

struct Walk<'s, S> {
    sink: &'s mut S,
    depth: u32,
}

impl<'s, S: Sink> Walk<'s, S> {
    #[inline]
    fn put(self, wire: Wire) -> Result<(), Fault> {
        self.sink.put(wire);
        Ok(())
    }

    /// One level further in.
    #[inline]
    fn deeper(self) -> Result<Walk<'s, S>, Fault> {
        match self.depth < DEEPEST {
            true => Ok(Walk { sink: self.sink, depth: self.depth + 1 }),
            false => Err(Fault::TooDeep),
        }
    }

    /// Elements that come one after the other, with their number before them if it is written.
    #[inline]
    fn elements(self, said: Option<usize>) -> Result<Elements<'s, S>, Fault> {
        if let Some(said) = said {
            self.sink.put(Wire::Length(said));
        }
        let inner = self.deeper()?;
        Ok(Elements { sink: inner.sink, depth: inner.depth, said, came: 0 })
    }
}

/// Values that leave nothing but themselves.
macro_rules! leaves {
    ($($serialize:ident $type:ty, $wire:expr;)*) => {$(
        #[inline]
        fn $serialize(self, _: $type) -> Result<(), Fault> {
            self.put($wire)
        }
    )*};
}

impl<'s, S: Sink> Serializer for Walk<'s, S> {
    type Ok = ();
    type Error = Fault;
    type SerializeSeq = Elements<'s, S>;
    type SerializeTuple = Elements<'s, S>;
    type SerializeTupleStruct = Elements<'s, S>;
    type SerializeTupleVariant = Elements<'s, S>;
    type SerializeMap = Elements<'s, S>;
    type SerializeStruct = Elements<'s, S>;
    type SerializeStructVariant = Elements<'s, S>;

    leaves! {
        serialize_bool bool, Wire::Byte;
        serialize_i8 i8, Wire::Byte;
        serialize_i16 i16, Wire::Signed;
        serialize_i32 i32, Wire::Signed;
        serialize_i64 i64, Wire::Signed;
        serialize_i128 i128, Wire::Signed;
        serialize_u8 u8, Wire::Byte;
        serialize_u16 u16, Wire::Unsigned;
        serialize_u32 u32, Wire::Unsigned;
        serialize_u64 u64, Wire::Unsigned;
        serialize_u128 u128, Wire::Unsigned;
        serialize_f32 f32, Wire::Float;
        serialize_f64 f64, Wire::Double;
        serialize_char char, Wire::Text;
        serialize_str &str, Wire::Text;
        serialize_bytes &[u8], Wire::Text;
    }

    #[inline]
    fn collect_str<T: fmt::Display + ?Sized>(self, _: &T) -> Result<(), Fault> {
        self.put(Wire::Text)
    }

    #[inline]
    fn serialize_none(self) -> Result<(), Fault> {
        self.put(Wire::Option(false))
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Fault> {
        self.sink.put(Wire::Option(true));
        value.serialize(self.deeper()?)
    }

    #[inline]
    fn serialize_unit(self) -> Result<(), Fault> {
        Ok(())
    }

    #[inline]
    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Fault> {
        Ok(())
    }

    #[inline]
    fn serialize_unit_variant(
        self,
        _: &'static str,
        variant: u32,
        _: &'static str,
    ) -> Result<(), Fault> {
        self.put(Wire::Variant(variant))
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Fault> {
        value.serialize(self.deeper()?)
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        variant: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Fault> {
        self.sink.put(Wire::Variant(variant));
        value.serialize(self.deeper()?)
    }

    #[inline]
    fn serialize_seq(self, len: Option<usize>) -> Result<Elements<'s, S>, Fault> {
        self.elements(Some(len.ok_or(Fault::UnknownLength)?))
    }

    #[inline]
    fn serialize_tuple(self, _: usize) -> Result<Elements<'s, S>, Fault> {
        self.elements(None)
    }

    #[inline]
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Elements<'s, S>, Fault> {
        self.elements(None)
    }

    #[inline]
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        variant: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Elements<'s, S>, Fault> {
        self.sink.put(Wire::Variant(variant));
        self.elements(None)
    }

    #[inline]
    fn serialize_map(self, len: Option<usize>) -> Result<Elements<'s, S>, Fault> {
        self.elements(Some(len.ok_or(Fault::UnknownLength)?))
    }

    #[inline]
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Elements<'s, S>, Fault> {
        self.elements(None)
    }

    #[inline]
    fn serialize_struct_variant(
        self,
        _: &'static str,
        variant: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Elements<'s, S>, Fault> {
        self.sink.put(Wire::Variant(variant));
        self.elements(None)
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        false
    }
}

/// Elements, entries or fields, which are counted.
struct Elements<'s, S> {
    sink: &'s mut S,
    depth: u32,
    said: Option<usize>,
    came: usize,
}

impl<S: Sink> Elements<'_, S> {
    #[inline]
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
        self.came += 1;
        self.part(value)
    }

    #[inline]
    fn part<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
        value.serialize(Walk { sink: &mut *self.sink, depth: self.depth })
    }

    #[inline]
    fn ended(self) -> Result<(), Fault> {
        match self.said {
            Some(said) if said != self.came => Err(Fault::WrongLength { said, came: self.came }),
            _ => Ok(()),
        }
    }
}

/// What is written as elements without names.
macro_rules! unnamed {
    ($($of:ident $serialize:ident;)*) => {$(
        impl<S: Sink> ser::$of for Elements<'_, S> {
            type Ok = ();
            type Error = Fault;

            #[inline]
            fn $serialize<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
                self.element(value)
            }

            #[inline]
            fn end(self) -> Result<(), Fault> {
                self.ended()
            }
        }
    )*};
}

unnamed! {
    SerializeSeq serialize_element;
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
    SerializeTupleVariant serialize_field;
}

/// What is written as elements with names.
macro_rules! named {
    ($($of:ident;)*) => {$(
        impl<S: Sink> ser::$of for Elements<'_, S> {
            type Ok = ();
            type Error = Fault;

            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                _: &'static str,
                value: &T,
            ) -> Result<(), Fault> {
                self.element(value)
            }

            #[inline]
            fn skip_field(&mut self, field: &'static str) -> Result<(), Fault> {
                Err(Fault::Skipped(field))
            }

            #[inline]
            fn end(self) -> Result<(), Fault> {
                self.ended()
            }
        }
    )*};
}

named! {
    SerializeStruct;
    SerializeStructVariant;
}

impl<S: Sink> ser::SerializeMap for Elements<'_, S> {
    type Ok = ();
    type Error = Fault;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Fault> {
        self.element(key)
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
        self.part(value)
    }

    #[inline]
    fn end(self) -> Result<(), Fault> {
        self.ended()
    }
}
