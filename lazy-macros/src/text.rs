//! Token trees as text for people.

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};
use quote::ToTokens;

/// The tokens spaced as a person would write them: `HashMap<String, &'static [f64]>`.
pub(crate) fn text(tokens: impl ToTokens) -> String {
    let mut line = Line::default();
    line.stream(tokens.into_token_stream());
    line.text
}

#[derive(Default)]
struct Line {
    text: String,
    last: Last,
}

/// What the line ends in, as far as the next space depends on it.
#[derive(Clone, Copy, Default, PartialEq)]
enum Last {
    #[default]
    Nothing,
    /// A name or literal: `x`, `4`.
    Word,
    /// A word that a type follows: `mut`, `dyn`, `'a`.
    Prefix,
    /// `>`, which a word may follow: `for<'a> Fn`.
    Angle,
    /// A mark that takes a space behind it: `,`, `->`.
    Wide,
    /// A mark that clings to what follows: `&`, `::`.
    Tight,
}

impl Line {
    fn stream(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Group(group) => self.group(&group),
                TokenTree::Ident(ident) => self.word(&ident.to_string()),
                TokenTree::Literal(literal) => self.word(&literal.to_string()),
                TokenTree::Punct(mark) => {
                    let mut marks = String::from(mark.as_char());
                    let mut joint = mark.spacing() == Spacing::Joint;
                    while let (true, Some(TokenTree::Punct(next))) = (joint, tokens.peek()) {
                        let longer = format!("{marks}{}", next.as_char());
                        if !matches!(&*longer, "::" | "->" | "=>" | ".." | "..=" | "...") {
                            break;
                        }
                        joint = next.spacing() == Spacing::Joint;
                        marks = longer;
                        tokens.next();
                    }
                    self.mark(&marks);
                }
            }
        }
    }

    fn group(&mut self, group: &Group) {
        let (open, close) = delimiters(group.delimiter());
        if open.is_empty() {
            return self.stream(group.stream());
        }
        if matches!(self.last, Last::Prefix | Last::Wide) || open == "{" && self.last == Last::Word
        {
            self.text.push(' ');
        }
        let (open, close) = match open {
            "{" if !group.stream().is_empty() => ("{ ", " }"),
            _ => (open, close),
        };
        self.push(open, Last::Tight);
        self.stream(group.stream());
        self.push(close, Last::Word);
    }

    fn word(&mut self, word: &str) {
        if !matches!(self.last, Last::Nothing | Last::Tight) {
            self.text.push(' ');
        }
        let prefix = matches!(word, "mut" | "const" | "dyn" | "impl" | "as" | "in" | "where");
        // The name of a lifetime follows its quote.
        let lifetime = self.text.ends_with('\'');
        self.push(word, if prefix || lifetime { Last::Prefix } else { Last::Word });
    }

    fn mark(&mut self, marks: &str) {
        match marks {
            "," | ";" | ":" => self.push(marks, Last::Wide),
            "=" | "+" | "->" | "=>" | "|" => {
                self.text.push(' ');
                self.push(marks, Last::Wide);
            }
            ">" => self.push(marks, Last::Angle),
            _ => {
                let opens = matches!(marks, "&" | "*" | "'" | "!" | "?" | "::");
                if self.last == Last::Wide || self.last == Last::Prefix && opens {
                    self.text.push(' ');
                }
                self.push(marks, Last::Tight);
            }
        }
    }

    fn push(&mut self, text: &str, last: Last) {
        self.text.push_str(text);
        self.last = last;
    }
}

/// How a group begins and ends: an invisible one with nothing.
pub(crate) fn delimiters(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    #[test]
    fn types_read_as_written() {
        let cases = [
            "HashMap<String, Vec<f64>>",
            "&'static [f64]",
            "&'static str",
            "&mut [T]",
            "&mut Vec<T>",
            "Option<&'static str>",
            "fn(i32, &str) -> bool",
            "Box<dyn Fn(i64) -> i64 + Send + Sync>",
            "Box<dyn for<'a> Fn(&'a str) -> &'a str>",
            "[f64; 4]",
            "(i64, String)",
            "()",
            "<T as std::ops::Add>::Output",
            "std::collections::BTreeMap<u8, ()>",
            "impl Iterator<Item = u64>",
            "*const u8",
            "Cow<'_, str>",
            "Foo<'a, T>",
            "Point { x, y }",
            "(A, ::std::rc::Rc<<T as Has>::Item>, <T as Has>::Item)",
            "&'static dyn ::std::any::Any",
        ];
        for case in cases {
            let tokens: TokenStream = case.parse().unwrap();
            assert_eq!(text(tokens), case);
        }
    }

    #[test]
    fn invisible_groups_do_not_show() {
        let inner = Group::new(Delimiter::None, quote!(Vec<f64>));
        assert_eq!(text(quote!(Option<#inner>)), "Option<Vec<f64>>");
    }
}
