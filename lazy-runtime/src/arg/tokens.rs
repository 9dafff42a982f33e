//! What stands for an argument in the key of a call.
//!
//! A literal is a tag and its own token stream, a node a tag and the token of its key. So a literal and a node are two different
//! arguments, even if the node turns out to have the same value.

use std::any::Any;

use super::TokenArg;
use super::lists::{Array, Entries, List, Maybe};
use super::owned::{Dependency, Literal};
use crate::graph::TypedRef;
use crate::token::{Tokenize, Tokenizer, tokenize_known};

const LITERAL: u8 = 0;
const NODE: u8 = 1;
const LIST: u8 = 2;
const NOTHING: u8 = 3;

fn write_node<T>(node: &TypedRef<T>, tokenizer: &mut Tokenizer) {
    tokenizer.write_u8(NODE);
    tokenizer.write_node(node.node().token());
}

/// Several arguments follow, as one.
pub(super) fn begin_list(tokenizer: &mut Tokenizer, len: usize) {
    tokenizer.write_u8(LIST);
    tokenizer.write_u64(len as u64);
}

/// A literal of a type whose stream is known; false for another.
pub(super) fn literal_if_known(literal: &dyn Any, tokenizer: &mut Tokenizer) -> bool {
    tokenizer.write_u8(LITERAL);
    tokenize_known(literal, tokenizer)
}

impl<T: Tokenize> TokenArg for Literal<T> {
    #[inline]
    fn token(&self, tokenizer: &mut Tokenizer) {
        tokenizer.write_u8(LITERAL);
        self.0.tokenize(tokenizer);
    }
}

impl<T> TokenArg for Dependency<T> {
    #[inline]
    fn token(&self, tokenizer: &mut Tokenizer) {
        write_node(&self.0, tokenizer);
    }
}

impl<T> TokenArg for List<T> {
    fn token(&self, tokenizer: &mut Tokenizer) {
        begin_list(tokenizer, self.0.len());
        self.0.iter().for_each(|node| write_node(node, tokenizer));
    }
}

impl<T, const N: usize> TokenArg for Array<T, N> {
    fn token(&self, tokenizer: &mut Tokenizer) {
        begin_list(tokenizer, N);
        self.0.iter().for_each(|node| write_node(node, tokenizer));
    }
}

impl<T> TokenArg for Maybe<T> {
    fn token(&self, tokenizer: &mut Tokenizer) {
        match &self.0 {
            Some(node) => write_node(node, tokenizer),
            None => tokenizer.write_u8(NOTHING),
        }
    }
}

/// In no particular order: that of a hash map differs from run to run.
impl<K: Tokenize, V> TokenArg for Entries<K, V> {
    fn token(&self, tokenizer: &mut Tokenizer) {
        begin_list(tokenizer, self.0.len());
        let entry = |(key, node): &(K, TypedRef<V>)| {
            let mut tokenizer = Tokenizer::new();
            key.tokenize(&mut tokenizer);
            write_node(node, &mut tokenizer);
            tokenizer.finish_key()
        };
        let mut entries: Vec<_> = self.0.iter().map(entry).collect();
        entries.sort_unstable();
        entries.into_iter().for_each(|entry| tokenizer.write_node(entry));
    }
}
