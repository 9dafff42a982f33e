//! What values without items write: numbers, texts, times, addresses.

use std::cmp::Ordering;
use std::convert::Infallible;
use std::ffi::{CStr, CString, OsStr, OsString};
use std::marker::{PhantomData, PhantomPinned};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::num::NonZero;
use std::ops::RangeFull;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::{Tokenize, Tokenizer};

/// Numbers, whose bytes in memory are those to be written where the lowest comes first: a list of them is one block.
macro_rules! numbers {
    ($($Number:ty)*) => {$(
        impl Tokenize for $Number {
            #[inline]
            fn tokenize(&self, tokenizer: &mut Tokenizer) {
                tokenizer.write_bytes(&self.to_le_bytes());
            }

            fn tokenize_slice(items: &[Self], tokenizer: &mut Tokenizer) {
                if cfg!(target_endian = "little") {
                    tokenizer.write_bytes(bytemuck::cast_slice(items));
                } else {
                    items.iter().for_each(|item| item.tokenize(tokenizer));
                }
            }
        }
    )*};
}

numbers!(u8 u16 u32 u64 u128 i8 i16 i32 i64 i128 f32 f64);

/// Numbers that are as wide as the platform says, and are written as wider ones.
macro_rules! sizes {
    ($($Size:ty as $Number:ty;)*) => {$(
        impl Tokenize for $Size {
            #[inline]
            fn tokenize(&self, tokenizer: &mut Tokenizer) {
                (*self as $Number).tokenize(tokenizer);
            }

            fn tokenize_slice(items: &[Self], tokenizer: &mut Tokenizer) {
                if cfg!(all(target_endian = "little", target_pointer_width = "64")) {
                    tokenizer.write_bytes(bytemuck::cast_slice(items));
                } else {
                    items.iter().for_each(|item| item.tokenize(tokenizer));
                }
            }
        }
    )*};
}

sizes! {
    usize as u64;
    isize as i64;
}

macro_rules! non_zero {
    ($($Number:ty)*) => {$(
        impl Tokenize for NonZero<$Number> {
            #[inline]
            fn tokenize(&self, tokenizer: &mut Tokenizer) {
                self.get().tokenize(tokenizer);
            }
        }
    )*};
}

non_zero!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize);

/// One line a type: what it writes, in a few words.
macro_rules! writes {
    ($($T:ty: |$value:ident, $tokenizer:ident| $write:expr;)*) => {$(
        impl Tokenize for $T {
            #[inline]
            fn tokenize(&self, $tokenizer: &mut Tokenizer) {
                let $value = self;
                $write;
            }
        }
    )*};
}

writes! {
    char: |value, to| u32::from(*value).tokenize(to);
    str: |value, to| to.write_str(value);
    String: |value, to| to.write_str(value);
    OsStr: |value, to| to.write_text(value.as_encoded_bytes());
    OsString: |value, to| value.as_os_str().tokenize(to);
    Path: |value, to| value.as_os_str().tokenize(to);
    PathBuf: |value, to| value.as_os_str().tokenize(to);
    CStr: |value, to| to.write_text(value.to_bytes());
    CString: |value, to| value.as_c_str().tokenize(to);
    Duration: |value, to| (value.as_secs(), value.subsec_nanos()).tokenize(to);
    Ordering: |value, to| (*value as i8).tokenize(to);
    Ipv4Addr: |value, to| to.write_bytes(&value.octets());
    Ipv6Addr: |value, to| to.write_bytes(&value.octets());
    SocketAddrV4: |value, to| (value.ip(), value.port()).tokenize(to);
    SocketAddrV6: |value, to| (value.ip(), value.port(), value.flowinfo(), value.scope_id()).tokenize(to);
    Infallible: |value, _to| match *value {};
}

impl Tokenize for bool {
    #[inline]
    fn tokenize(&self, tokenizer: &mut Tokenizer) {
        tokenizer.write_u8(u8::from(*self));
    }

    fn tokenize_slice(items: &[Self], tokenizer: &mut Tokenizer) {
        tokenizer.write_bytes(bytemuck::cast_slice(items));
    }
}

impl Tokenize for SystemTime {
    fn tokenize(&self, tokenizer: &mut Tokenizer) {
        let (is_before, distance) = match self.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => (false, since),
            Err(before) => (true, before.duration()),
        };
        (is_before, distance).tokenize(tokenizer);
    }
}

impl Tokenize for IpAddr {
    fn tokenize(&self, tokenizer: &mut Tokenizer) {
        match self {
            IpAddr::V4(address) => (4_u8, address).tokenize(tokenizer),
            IpAddr::V6(address) => (6_u8, address).tokenize(tokenizer),
        }
    }
}

impl Tokenize for SocketAddr {
    fn tokenize(&self, tokenizer: &mut Tokenizer) {
        match self {
            SocketAddr::V4(address) => (4_u8, address).tokenize(tokenizer),
            SocketAddr::V6(address) => (6_u8, address).tokenize(tokenizer),
        }
    }
}

/// There is but one value of such a type.
macro_rules! nothing {
    ($($T:ty $(: $A:ident)?;)*) => {$(
        impl $(<$A: ?Sized>)? Tokenize for $T {
            #[inline]
            fn tokenize(&self, _: &mut Tokenizer) {}
        }
    )*};
}

nothing! {
    ();
    RangeFull;
    PhantomPinned;
    PhantomData<T>: T;
}
