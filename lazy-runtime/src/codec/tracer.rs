//! A deserializer that reads nothing: it hands out dummy values, and notes what it is asked for.
//!
//! One reading follows one path through the type. An enum shows one variant in each, so a type is read again until every variant of
//! every enum was shown. A dummy that the type refuses is replaced by the next one, and the same path is read again.

use std::any::type_name;
use std::collections::{HashMap, HashSet};
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, Visitor};
use twox_hash::XxHash3_128;

use super::leaf;
use super::wire::Wire;

/// How often one type may stand inside itself before the path ends: a list is seen with its own kind inside once.
const NESTED: usize = 2;
/// How many types may stand inside each other, for those that grow forever.
const DEEPEST: usize = 128;

/// Why a reading ended early.
#[derive(Debug)]
pub(super) enum Ended {
    /// The type refused a dummy value.
    Refused,
    /// A variant of this number is refused.
    Variant,
    /// The type stands inside itself without end.
    Recursion,
    /// The type asks the bytes what they are.
    NotPlain,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a dummy value was refused")
    }
}

impl std::error::Error for Ended {}

impl de::Error for Ended {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Ended::Refused
    }
}

/// An enum, as far as it was shown.
struct Variants {
    count: usize,
    next: usize,
    /// A variant that was read to its end: the way out where everything was shown.
    whole: Option<usize>,
    /// Which variants of others led to it.
    route: Vec<(&'static str, usize)>,
}

/// Something that is left out when the type inside it stands inside itself.
struct Open {
    of: &'static str,
    /// How many choices were made before it.
    choices: usize,
}

/// What the readings of one type found out, and where the present one is.
pub(super) struct Trace {
    pub(super) hasher: XxHash3_128,
    pub(super) wire: Vec<Wire>,
    pub(super) asks_bytes: bool,
    /// Choices of this reading: which, and of how many.
    choices: Vec<(usize, usize)>,
    /// Choices that this reading has to begin with.
    script: Vec<usize>,
    stack: Vec<&'static str>,
    route: Vec<(&'static str, usize)>,
    open: Vec<Open>,
    /// The innermost of `open` where a recursion was seen.
    looped: Option<Open>,
    /// Options and lists that are left empty, because they lead back to what they stand in.
    ends: HashSet<&'static str>,
    enums: HashMap<&'static str, Variants>,
    /// Enums in the order in which they were found, for the same readings in every process.
    found: Vec<&'static str>,
    /// Which variants lead to what is to be shown next, and which of them this reading has not met.
    target: HashMap<&'static str, usize>,
    wanted: HashMap<&'static str, usize>,
}

impl Trace {
    pub(super) fn new() -> Self {
        Trace {
            hasher: XxHash3_128::new(),
            wire: Vec::new(),
            asks_bytes: false,
            choices: Vec::new(),
            script: Vec::new(),
            stack: Vec::new(),
            route: Vec::new(),
            open: Vec::new(),
            looped: None,
            ends: HashSet::new(),
            enums: HashMap::new(),
            found: Vec::new(),
            target: HashMap::new(),
            wanted: HashMap::new(),
        }
    }

    /// Begins a reading that makes these choices first.
    pub(super) fn begin(&mut self, script: Vec<usize>) {
        self.note("read", &[]);
        self.script = script;
        self.wanted.clone_from(&self.target);
        self.wire.clear();
        self.choices.clear();
        self.stack.clear();
        self.route.clear();
        self.open.clear();
        self.looped = None;
    }

    /// An enum with variants that were not shown yet; the next reading goes there.
    pub(super) fn aim(&mut self) -> Option<&'static str> {
        let enums = &self.enums;
        let aim = self.found.iter().copied().find(|of| enums[of].next < enums[of].count)?;
        self.target = enums[aim].route.iter().copied().collect();
        Some(aim)
    }

    /// How many variants of an enum were shown.
    pub(super) fn shown(&self, of: &str) -> usize {
        self.enums[of].next
    }

    /// Gives up on variants that no reading comes to.
    pub(super) fn give_up(&mut self, of: &'static str) {
        self.note("given up", &[]);
        let variants = self.enums.get_mut(of).expect("only what was found is looked for");
        variants.next = variants.count;
    }

    /// The choices of the next reading, after the type refused what the last choice gave it; `None` if nothing is left to try.
    pub(super) fn next_script(&self) -> Option<Vec<usize>> {
        let last = self.choices.iter().rposition(|&(chosen, count)| chosen + 1 < count)?;
        let mut script: Vec<_> = self.choices[..=last].iter().map(|choice| choice.0).collect();
        script[last] += 1;
        Some(script)
    }

    /// The choices of the next reading, after a type was found inside itself; `None` if there is no way around it.
    pub(super) fn script_around(&mut self) -> Option<Vec<usize>> {
        let looped = self.looped.take()?;
        self.ends.insert(looped.of);
        Some(self.choices[..looped.choices].iter().map(|choice| choice.0).collect())
    }

    /// Adds to the hash what the type asked for.
    fn note(&mut self, kind: &str, names: &[&str]) {
        for text in [kind].iter().chain(names) {
            self.hasher.write(&(text.len() as u64).to_le_bytes());
            self.hasher.write(text.as_bytes());
        }
        self.hasher.write(&u64::MAX.to_le_bytes());
    }

    /// One of so many; the first, unless the script says otherwise.
    fn choose(&mut self, count: usize) -> usize {
        let chosen = self.script.get(self.choices.len()).copied().unwrap_or(0);
        self.choices.push((chosen, count));
        chosen
    }

    fn enter(&mut self, of: &'static str) -> Result<(), Ended> {
        let nested = self.stack.iter().filter(|&&other| other == of).count();
        if nested >= NESTED || self.stack.len() >= DEEPEST {
            return Err(self.recursion());
        }
        self.stack.push(of);
        Ok(())
    }

    fn recursion(&mut self) -> Ended {
        self.note("recursion", &[]);
        self.looped = self.open.pop();
        Ended::Recursion
    }

    /// Whether to show what is inside of an option or a list.
    fn opens(&mut self, of: &'static str) -> bool {
        let nested = self.open.iter().filter(|open| open.of == of).count();
        let opens = !self.ends.contains(of) && nested < NESTED;
        if opens {
            self.open.push(Open { of, choices: self.choices.len() });
        }
        opens
    }

    fn choose_variant(&mut self, of: &'static str, count: usize) -> Result<usize, Ended> {
        if !self.enums.contains_key(of) {
            let route = self.route.clone();
            self.enums.insert(of, Variants { count, next: 0, whole: None, route });
            self.found.push(of);
        }
        let scripted = self.script.get(self.choices.len()).copied();
        let wanted = self.wanted.remove(of);
        let variants = self.enums.get_mut(of).expect("it was inserted above");
        let unseen = (variants.next < variants.count).then_some(variants.next);
        let Some(chosen) = scripted.or(wanted).or(unseen).or(variants.whole) else {
            return Err(self.recursion());
        };
        if unseen == Some(chosen) {
            variants.next += 1;
        }
        // There is one of it to choose: a refused value is no reason to try another variant.
        self.choices.push((chosen, 0));
        self.route.push((of, chosen));
        Ok(chosen)
    }
}

/// Hands out dummy values for one place.
pub(super) struct Tracer<'t>(pub(super) &'t mut Trace);

/// Numbers, whose dummies are tried in turn.
macro_rules! numbers {
    ($($deserialize:ident $visit:ident $type:ty, $wire:expr;)*) => {$(
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Ended> {
            self.0.note(stringify!($type), &[]);
            self.0.wire.push($wire);
            let chosen = self.0.choose(leaf::NUMBERS.len());
            visitor.$visit(<$type>::from(leaf::NUMBERS[chosen] as i8))
        }
    )*};
}

/// As [`numbers`], for types that have no negative values.
macro_rules! naturals {
    ($($deserialize:ident $visit:ident $type:ty, $wire:expr;)*) => {$(
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Ended> {
            self.0.note(stringify!($type), &[]);
            self.0.wire.push($wire);
            let chosen = self.0.choose(leaf::NUMBERS.len());
            visitor.$visit(<$type>::from(leaf::NUMBERS[chosen]))
        }
    )*};
}

/// What asks the bytes what they are.
macro_rules! not_plain {
    ($($deserialize:ident)*) => {$(
        fn $deserialize<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Ended> {
            self.0.note(stringify!($deserialize), &[]);
            self.0.asks_bytes = true;
            Err(Ended::NotPlain)
        }
    )*};
}

impl<'de> Deserializer<'de> for Tracer<'_> {
    type Error = Ended;

    numbers! {
        deserialize_i8 visit_i8 i8, Wire::Byte;
        deserialize_i16 visit_i16 i16, Wire::Signed;
        deserialize_i32 visit_i32 i32, Wire::Signed;
        deserialize_i64 visit_i64 i64, Wire::Signed;
        deserialize_i128 visit_i128 i128, Wire::Signed;
        deserialize_f32 visit_f32 f32, Wire::Float;
        deserialize_f64 visit_f64 f64, Wire::Double;
    }

    naturals! {
        deserialize_u8 visit_u8 u8, Wire::Byte;
        deserialize_u16 visit_u16 u16, Wire::Unsigned;
        deserialize_u32 visit_u32 u32, Wire::Unsigned;
        deserialize_u64 visit_u64 u64, Wire::Unsigned;
        deserialize_u128 visit_u128 u128, Wire::Unsigned;
    }

    not_plain! { deserialize_any deserialize_identifier deserialize_ignored_any }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Ended> {
        self.0.note("bool", &[]);
        self.0.wire.push(Wire::Byte);
        let chosen = self.0.choose(2);
        visitor.visit_bool(chosen == 1)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Ended> {
        self.0.note("char", &[]);
        self.0.wire.push(Wire::Text);
        let chosen = self.0.choose(2);
        visitor.visit_char(['a', '0'][chosen])
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Ended> {
        self.0.note("text", &[]);
        self.0.wire.push(Wire::Text);
        let chosen = self.0.choose(leaf::TEXTS.len());
        visitor.visit_borrowed_str(leaf::TEXTS[chosen])
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Ended> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Ended> {
        self.0.note("bytes", &[]);
        self.0.wire.push(Wire::Text);
        let chosen = self.0.choose(leaf::BYTES.len());
        visitor.visit_borrowed_bytes(leaf::BYTES[chosen])
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Ended> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Ended> {
        let opens = self.0.opens(type_name::<V>());
        self.0.note("option", &[]);
        self.0.wire.push(Wire::Option(opens));
        if !opens {
            return visitor.visit_none();
        }
        let value = visitor.visit_some(Tracer(self.0))?;
        self.0.open.pop();
        Ok(value)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Ended> {
        self.0.note("unit", &[]);
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Ended> {
        self.0.note("unit struct", &[name]);
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Ended> {
        self.0.note("newtype struct", &[name]);
        self.0.enter(type_name::<V>())?;
        let value = visitor.visit_newtype_struct(Tracer(self.0))?;
        self.0.stack.pop();
        Ok(value)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Ended> {
        let opens = self.0.opens(type_name::<V>());
        self.0.note("list", &[]);
        self.0.wire.push(Wire::Length(usize::from(opens)));
        let value = visitor.visit_seq(Elements { trace: self.0, left: usize::from(opens) })?;
        if opens {
            self.0.open.pop();
        }
        Ok(value)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Ended> {
        let opens = self.0.opens(type_name::<V>());
        self.0.note("map", &[]);
        self.0.wire.push(Wire::Length(usize::from(opens)));
        let value = visitor.visit_map(Elements { trace: self.0, left: usize::from(opens) })?;
        if opens {
            self.0.open.pop();
        }
        Ok(value)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Ended> {
        self.0.note("tuple", &[&len.to_string()]);
        self.fields(len, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Ended> {
        self.0.note("tuple struct", &[name, &len.to_string()]);
        self.fields(len, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Ended> {
        self.0.note("struct", &[name]);
        self.0.note("fields", fields);
        self.fields(fields.len(), visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Ended> {
        let of = type_name::<V>();
        self.0.note("enum", &[name]);
        self.0.note("variants", variants);
        self.0.enter(of)?;
        let chosen = self.0.choose_variant(of, variants.len())?;
        self.0.note(variants.get(chosen).copied().unwrap_or(""), &[]);
        self.0.wire.push(Wire::Variant(chosen as u32));
        let value = visitor.visit_enum(Variant { trace: self.0, chosen: chosen as u32 })?;
        self.0.stack.pop();
        self.0.route.pop();
        let variants = self.0.enums.get_mut(of).expect("it was chosen from above");
        variants.whole.get_or_insert(chosen);
        Ok(value)
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

impl Tracer<'_> {
    /// The fields of a struct or a tuple, which stand one behind the other.
    fn fields<'de, V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Ended> {
        self.0.enter(type_name::<V>())?;
        let value = visitor.visit_seq(Elements { trace: self.0, left: len })?;
        self.0.stack.pop();
        self.0.note("end", &[]);
        Ok(value)
    }
}

/// So many elements, entries or fields.
struct Elements<'t> {
    trace: &'t mut Trace,
    left: usize,
}

impl<'de> de::SeqAccess<'de> for Elements<'_> {
    type Error = Ended;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Ended> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(Tracer(self.trace)).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl<'de> de::MapAccess<'de> for Elements<'_> {
    type Error = Ended;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Ended> {
        de::SeqAccess::next_element_seed(self, seed)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Ended> {
        seed.deserialize(Tracer(self.trace))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

/// A variant that was chosen, given by its number.
struct Variant<'t> {
    trace: &'t mut Trace,
    chosen: u32,
}

impl<'de, 't> de::EnumAccess<'de> for Variant<'t> {
    type Error = Ended;
    type Variant = Tracer<'t>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Tracer<'t>), Ended> {
        let number: de::value::U32Deserializer<Ended> = self.chosen.into_deserializer();
        let value = seed.deserialize(number).map_err(|_| Ended::Variant)?;
        Ok((value, Tracer(self.trace)))
    }
}

impl<'de> de::VariantAccess<'de> for Tracer<'_> {
    type Error = Ended;

    fn unit_variant(self) -> Result<(), Ended> {
        self.0.note("unit variant", &[]);
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Ended> {
        self.0.note("newtype variant", &[]);
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Ended> {
        self.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Ended> {
        self.deserialize_struct("", fields, visitor)
    }
}
