//! Streams spelt out byte by byte, and the tokens that every release has to give.

use std::borrow::Cow;
use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::ffi::{CString, OsString};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::{NonZero, Wrapping};
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use twox_hash::xxhash3_128::Hasher;

use super::{Tokenize, Tokenizer, token, tokenize_known};
use crate::prelude::{Delayed, delayed};

/// The token of these bytes.
fn of(parts: &[&[u8]]) -> u128 {
    Hasher::oneshot(&parts.concat())
}

/// A length, or any other number of eight bytes.
fn eight(number: u64) -> [u8; 8] {
    number.to_le_bytes()
}

/// Fails unless the value writes these bytes.
#[track_caller]
fn assert_writes<T: Tokenize + ?Sized>(value: &T, parts: &[&[u8]]) {
    assert_eq!(token(value), of(parts));
}

/// The token that a user's `Tokenizer` makes of what the function writes.
fn written(write: impl FnOnce(&mut Tokenizer)) -> Tokenizer {
    let mut tokenizer = Tokenizer::new();
    write(&mut tokenizer);
    tokenizer
}

#[test]
fn numbers_write_their_bytes() {
    assert_writes(&7_u8, &[&[7]]);
    assert_writes(&-2_i16, &[&[0xfe, 0xff]]);
    assert_writes(&0x0102_0304_u32, &[&[4, 3, 2, 1]]);
    assert_writes(&1_i64, &[&eight(1)]);
    assert_writes(&1_u128, &[&eight(1), &eight(0)]);
    assert_writes(&3_usize, &[&eight(3)]);
    assert_writes(&-1_isize, &[&eight(u64::MAX)]);
    assert_writes(&1.5_f64, &[&eight(0x3ff8_0000_0000_0000)]);
    assert_writes(&1.0_f32, &[&[0, 0, 0x80, 0x3f]]);
    assert_writes(&true, &[&[1]]);
    assert_writes(&'é', &[&[0xe9, 0, 0, 0]]);
    assert_writes(&NonZero::new(9_u8).unwrap(), &[&[9]]);
    assert_writes(&Wrapping(9_u8), &[&[9]]);
    assert_writes(&Reverse(9_u8), &[&[9]]);
    assert_writes(&Ordering::Less, &[&[0xff]]);
    assert_writes(&(), &[]);
}

#[test]
fn texts_write_their_length_and_bytes() {
    let bytes: &[&[u8]] = &[&eight(5), b"a.csv"];
    assert_writes("a.csv", bytes);
    assert_writes(&"a.csv", bytes);
    assert_writes(&String::from("a.csv"), bytes);
    assert_writes(Path::new("a.csv"), bytes);
    assert_writes(&Path::new("a.csv").to_owned(), bytes);
    assert_writes(&OsString::from("a.csv"), bytes);
    assert_writes(&CString::new("a.csv").unwrap(), bytes);
    assert_writes(&Cow::Borrowed("a.csv"), bytes);
    assert_writes(&Box::<str>::from("a.csv"), bytes);
}

#[test]
fn lists_write_their_length_and_items() {
    let bytes: &[&[u8]] = &[&eight(3), &[1, 0, 2, 0, 3, 0]];
    assert_writes(&[1_u16, 2, 3], bytes);
    assert_writes([1_u16, 2, 3].as_slice(), bytes);
    assert_writes(&vec![1_u16, 2, 3], bytes);
    assert_writes(&vec![1_u16, 2, 3].into_boxed_slice(), bytes);
    assert_writes(&Arc::<[u16]>::from([1, 2, 3]), bytes);
    assert_writes(&LinkedList::from([1_u16, 2, 3]), bytes);
    assert_writes(&BTreeSet::from([3_u16, 1, 2]), bytes);
    let mut wrapped = VecDeque::from([2_u16, 3]);
    wrapped.push_front(1);
    assert_writes(&wrapped, bytes);
    assert_writes(&vec!["a", "bc"], &[&eight(2), &eight(1), b"a", &eight(2), b"bc"]);
    assert_writes(&[[1_u8, 2], [3, 4]], &[&eight(2), &eight(2), &[1, 2], &eight(2), &[3, 4]]);
    assert_writes(&[true, false], &[&eight(2), &[1, 0]]);
    assert_writes(&[1_usize, 2], &[&eight(2), &eight(1), &eight(2)]);
}

#[test]
fn what_has_no_order_writes_sorted_tokens() {
    let mut tokens = [of(&[&[1], &[10]]), of(&[&[2], &[20]])];
    tokens.sort_unstable();
    let bytes: &[&[u8]] = &[&eight(2), &tokens[0].to_le_bytes(), &tokens[1].to_le_bytes()];
    assert_writes(&HashMap::from([(1_u8, 10_u8), (2, 20)]), bytes);
    assert_writes(&HashSet::from([(2_u8, 20_u8), (1, 10)]), bytes);
    assert_writes(&BinaryHeap::from([(2_u8, 20_u8), (1, 10)]), bytes);
}

#[test]
fn an_ordered_map_writes_keys_before_values() {
    let map = BTreeMap::from([(2_u8, 20_u8), (1, 10)]);
    assert_writes(&map, &[&eight(2), &[1, 10, 2, 20]]);
}

#[test]
fn variants_write_a_tag() {
    assert_writes(&None::<u8>, &[&[0]]);
    assert_writes(&Some(5_u8), &[&[1, 5]]);
    assert_writes(&Ok::<u8, ()>(5), &[&[0, 5]]);
    assert_writes(&Err::<(), u8>(5), &[&[1, 5]]);
    assert_writes(&Bound::Included(5_u8), &[&[0, 5]]);
    assert_writes(&Bound::Excluded(5_u8), &[&[1, 5]]);
    assert_writes(&Bound::<u8>::Unbounded, &[&[2]]);
}

#[test]
fn tuples_and_pointers_add_nothing() {
    assert_writes(&(1_u8, 2_u16, "a"), &[&[1, 2, 0], &eight(1), b"a"]);
    assert_writes(&Box::new(5_u8), &[&[5]]);
    assert_writes(&Rc::new(5_u8), &[&[5]]);
    assert_writes(&Arc::new(5_u8), &[&[5]]);
    assert_writes(&&mut 5_u8, &[&[5]]);
    let object: Box<dyn Tokenize> = Box::new(5_u8);
    assert_writes(&object, &[&[5]]);
}

#[test]
fn ranges_write_their_bounds() {
    assert_writes(&(1_u8..3), &[&[1, 3]]);
    assert_writes(&(1_u8..), &[&[1]]);
    assert_writes(&(..3_u8), &[&[3]]);
    assert_writes(&(..=3_u8), &[&[3]]);
    assert_writes(&(..), &[]);
    assert_writes(&(1_u8..=3), &[&[1, 0, 3]]);
    let mut used_up = 3_u8..=3;
    used_up.next();
    assert_ne!(token(&used_up), token(&(3_u8..=3)));
}

#[test]
fn times_and_addresses_write_their_parts() {
    assert_writes(&Duration::new(5, 6), &[&eight(5), &[6, 0, 0, 0]]);
    let epoch = SystemTime::UNIX_EPOCH;
    assert_writes(&(epoch + Duration::from_secs(5)), &[&[0], &eight(5), &[0; 4]]);
    assert_writes(&(epoch - Duration::from_secs(5)), &[&[1], &eight(5), &[0; 4]]);
    assert_writes(&Ipv4Addr::LOCALHOST, &[&[127, 0, 0, 1]]);
    assert_writes(&IpAddr::from(Ipv6Addr::LOCALHOST), &[&[6], &[0; 15], &[1]]);
    let address: SocketAddr = "127.0.0.1:258".parse().unwrap();
    assert_writes(&address, &[&[4, 127, 0, 0, 1, 2, 1]]);
    let address: SocketAddr = "[::1]:258".parse().unwrap();
    assert_writes(&address, &[&[6], &[0; 15], &[1, 2, 1], &[0; 8]]);
}

#[test]
fn floats_are_their_bits() {
    assert_ne!(token(&0.0), token(&-0.0));
    assert_eq!(token(&f64::NAN), token(&f64::NAN));
    assert_ne!(token(&f64::NAN), token(&-f64::NAN));
    assert_ne!(token(&1.0_f32), token(&1.0_f64));
    assert_ne!(token(&[0.0, 1.0]), token(&[-0.0, 1.0]));
}

/// One line a value: its token, as another implementation of XXH3 gives it for the bytes that the documentation says.
macro_rules! pinned {
    ($($value:expr => $token:literal;)*) => {
        [$((stringify!($value), token(&$value), $token),)*]
    };
}

#[test]
fn tokens_are_pinned() {
    // They are part of every disk cache there is: a change here makes all of them cold.
    let pinned = pinned! {
        () => 0x99aa_06d3_0147_98d8_6001_c324_468d_497f;
        true => 0x5102_5a44_9183_5505_e12e_f9d2_eb86_ceeb;
        'é' => 0x785e_127e_fb05_0510_a524_f044_e2d5_67c1;
        0_u8 => 0xa6cd_5e93_9200_0f6a_c44b_dff4_074e_ecdb;
        -1_i16 => 0x1ef6_8584_fc39_b4c3_b258_05c5_94de_c06b;
        7_u32 => 0xbc43_6cfa_ea3f_e1a8_9284_b7ae_b2cf_9cb7;
        5_i64 => 0xbece_7561_abd0_b38b_64b5_c1b2_8fbe_6b34;
        -5_i64 => 0x1eaa_be2b_3ef4_b644_55a6_c0a8_b44f_1eff;
        1_usize << 31 => 0x246a_b064_9be5_4d8c_ad59_f21d_526b_9559;
        u128::MAX => 0x2c75_c396_ceb7_747b_e687_3ce6_5343_027f;
        0.0_f64 => 0x2c0a_8a99_dc14_7d54_45c3_b49d_0356_65b2;
        -0.0_f64 => 0x5e7c_ddf0_bb0f_0288_12de_6347_328b_719b;
        1.5_f32 => 0x8418_c449_0168_0acd_4657_d660_61f9_bc57;
        f64::INFINITY => 0x1d45_544b_ffe0_c292_78dc_7955_8382_04b9;
        "" => 0x2c0a_8a99_dc14_7d54_45c3_b49d_0356_65b2;
        "a.csv" => 0x2a29_59e4_b8a2_9b38_88c4_43b0_9384_3404;
        String::from("Grüße") => 0xbab9_fa25_d4a3_af0a_7df0_0839_40a5_b020;
        PathBuf::from("data/2026/a.csv") => 0xce89_b67b_7e0a_cc38_0549_3c5e_6f31_61e0;
        (4_i64, 5_u32) => 0x21a6_fdbe_f02f_7907_021d_9f8c_536d_3540;
        [1_u8; 3] => 0xe71f_4b2a_9e39_ca8b_a020_8c72_a117_b050;
        Vec::<f64>::new() => 0x2c0a_8a99_dc14_7d54_45c3_b49d_0356_65b2;
        vec![0.5_f64; 100] => 0x01e8_e70b_4993_41f1_b609_55ad_d80a_c522;
        (0..1000_u32).collect::<Vec<_>>() => 0x9226_51cb_4ec0_496e_d1d8_be54_a954_ce06;
        vec!["a", "bc"] => 0x5433_041e_9480_5bda_5adf_e1be_bc30_ed20;
        [true, false] => 0xb9cc_643e_bd71_c5f8_9830_eb44_f4e8_8b4a;
        None::<i64> => 0xa6cd_5e93_9200_0f6a_c44b_dff4_074e_ecdb;
        Some(5_i64) => 0x0d68_9b13_e6a0_0c0c_242d_0704_864e_2154;
        Ok::<u8, String>(1) => 0x6a4a_5274_c1b0_d3ad_d664_5fc3_051a_9457;
        Err::<u8, &str>("no") => 0x7842_5399_931c_55c4_6c0d_4df4_d79e_fb7b;
        HashMap::from([("a", 1_i64), ("b", 2)]) => 0xe387_d472_f541_1fe7_226d_d56e_e209_22af;
        HashSet::from([1_u16, 2, 3]) => 0xd6ab_91e8_69eb_8922_8464_3cb3_6acf_fb25;
        BTreeMap::from([("a", 1_i64), ("b", 2)]) => 0x6fca_ef53_e188_84ac_7107_8e2b_c106_2a21;
        Duration::from_millis(1500) => 0xd79e_9350_0a50_5175_b144_4c04_717d_5bb4;
        SystemTime::UNIX_EPOCH => 0x8804_b1c7_4117_dca7_22fb_57a9_a0a9_ff6b;
        0_i64..10 => 0xc2a0_b5c3_37cc_988d_76a1_cbee_b8e2_fcd3;
        0_i64..=10 => 0x0648_1581_ae94_466d_8c0a_28a6_6629_ad6c;
        Ipv4Addr::LOCALHOST => 0x466b_3d5f_abfe_5f01_b82a_bd3e_46d2_c5dd;
    };
    for (value, found, expected) in pinned {
        assert_eq!(found, expected, "{value}: {found:#034x}");
    }
}

#[test]
fn pieces_of_any_length_make_one_stream() {
    let bytes: Vec<u8> = (0..2000_u32).map(|n| n as u8).collect();
    for piece in [1, 7, 8, 64, 100, 127, 128, 129, 240, 256, 257, 1000, 2000] {
        for length in [0, 1, 16, 127, 128, 129, 240, 241, 255, 256, 257, 384, 512, 1025, 2000] {
            let tokenizer = written(|tokenizer| {
                bytes[..length].chunks(piece).for_each(|piece| tokenizer.write_bytes(piece));
            });
            assert_eq!(tokenizer.finish(), of(&[&bytes[..length]]), "{length} by {piece}");
        }
    }
}

#[test]
fn what_is_known_is_written_as_ever() {
    fn finish(write: impl FnOnce(&mut Tokenizer) -> bool) -> Option<u128> {
        let mut tokenizer = Tokenizer::new();
        write(&mut tokenizer).then(|| tokenizer.finish())
    }
    assert_eq!(finish(|to| tokenize_known(&5_i64, to)), Some(token(&5_i64)));
    assert_eq!(finish(|to| tokenize_known(&"a", to)), Some(token("a")));
    assert_eq!(finish(|to| tokenize_known(&vec![1.5], to)), Some(token(&[1.5])));
    assert_eq!(finish(|to| tokenize_known(&Some(5_i64), to)), None);
    let nothing = written(|to| assert!(!tokenize_known(&Rc::new(5), to)));
    assert_eq!(nothing.finish(), Tokenizer::new().finish());
}

#[test]
fn a_node_of_this_process_makes_a_key_of_this_process() {
    let stable = written(|to| to.write_node(0b10));
    let unstable = written(|to| to.write_node(0b11));
    assert_eq!((stable.finish_key() & 1, unstable.finish_key() & 1), (0, 1));
    let hash = of(&[&0b10_u128.to_le_bytes()]);
    assert_eq!(written(|to| to.write_node(0b10)).finish_key() | 1, hash | 1);
}

#[test]
fn a_node_is_remembered_through_maps() {
    let node: Delayed<i32> = delayed(1);
    let map = HashMap::from([("a", node.clone())]);
    assert_eq!(written(|to| map.tokenize(to)).finish_key() & 1, 1);
    assert_eq!(token(&map), token(&HashMap::from([("a", node)])));
}

proptest! {
    #[test]
    fn the_order_of_a_map_is_of_no_consequence(entries: HashMap<u16, u32>, key: u16) {
        let mut added_and_removed: HashMap<u16, u32> = HashMap::with_capacity(1000);
        let mut backwards: Vec<_> = entries.clone().into_iter().collect();
        backwards.reverse();
        added_and_removed.extend(backwards);
        if !entries.contains_key(&key) {
            added_and_removed.insert(key, 0);
            prop_assert_ne!(token(&entries), token(&added_and_removed));
            added_and_removed.remove(&key);
        }
        prop_assert_eq!(token(&entries), token(&added_and_removed));
    }

    #[test]
    fn lists_have_one_token_if_they_are_equal(one: Vec<Vec<bool>>, other: Vec<Vec<bool>>) {
        prop_assert_eq!(token(&one) == token(&other), one == other);
        prop_assert_eq!(token(&one), token(&VecDeque::from(one.clone())));
    }

    #[test]
    fn blocks_of_numbers_are_what_single_ones_are(numbers: Vec<f64>, flags: Vec<bool>, sizes: Vec<usize>) {
        fn one_by_one<T: Tokenize>(items: &[T]) -> u128 {
            let mut tokenizer = Tokenizer::new();
            tokenizer.write_length(items.len());
            items.iter().for_each(|item| item.tokenize(&mut tokenizer));
            tokenizer.finish()
        }
        prop_assert_eq!(token(&numbers), one_by_one(&numbers));
        prop_assert_eq!(token(&flags), one_by_one(&flags));
        prop_assert_eq!(token(&sizes), one_by_one(&sizes));
    }
}
