//! The variants and fields of a type that derives, and what is said of them in attributes.

use super::Derived;
use crate::errors::Complaints;
use crate::given::Given;
use crate::known::{self, Known, Place};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::punctuated::Punctuated;
use syn::{Attribute, Data, DeriveInput, ExprPath, Fields, Member, Meta, Path, Token, Type};

/// A variant of an enum, or the one shape of a struct.
pub(super) struct Variant<'a> {
    /// `None` for a struct.
    pub(super) name: Option<&'a Ident>,
    members: Vec<Member>,
    pub(super) fields: Vec<Field<'a>>,
}

pub(super) struct Field<'a> {
    pub(super) ty: &'a Type,
    /// What the field is called in the emitted code.
    pub(super) local: Ident,
    pub(super) how: How,
}

/// What a trait does with a field.
pub(super) enum How {
    /// What the field's own impl says.
    Itself,
    /// What a function does.
    With(ExprPath),
    /// Nothing.
    Skip,
}

impl Variant<'_> {
    /// `Self::Circle { 0: __field0, .. }`: braces fit every kind of variant.
    pub(super) fn pattern(&self) -> TokenStream {
        let name = self.name.map(|name| quote!(::#name));
        let (members, fields) = (&self.members, &self.fields);
        let bound = members.iter().zip(fields).filter(|(_, field)| !matches!(field.how, How::Skip));
        let bound = bound.map(|(member, Field { local, .. })| quote!(#member: #local,));
        quote!(Self #name { #(#bound)* .. })
    }
}

/// What a helper attribute may say.
#[derive(Default)]
struct Options {
    skip: Option<Ident>,
    with: Option<ExprPath>,
    runtime: Option<Path>,
}

const OPTIONS: &[Known<Options>] = &[
    Known { name: "skip", form: "skip", places: &[Place::Field], set: skip },
    Known { name: "with", form: "with = path::to::function", places: &[Place::Field], set: with },
    Known {
        name: "crate",
        form: r#"crate = "path::to::lazy_runtime""#,
        places: &[Place::Type],
        set: runtime,
    },
];

fn skip(options: &mut Options, given: &Given) -> syn::Result<()> {
    options.skip = Some(given.flag()?);
    Ok(())
}

fn with(options: &mut Options, given: &Given) -> syn::Result<()> {
    options.with = Some(given.function("with = path::to::function")?);
    Ok(())
}

fn runtime(options: &mut Options, given: &Given) -> syn::Result<()> {
    options.runtime = Some(given.runtime()?);
    Ok(())
}

/// Where the runtime is, if the attributes of the type say so; what cannot derive is complained about.
pub(super) fn container(
    derived: &Derived,
    input: &DeriveInput,
    complaints: &mut Complaints,
) -> Option<Path> {
    let name = derived.name;
    if let Data::Union(data) = &input.data {
        complaints.on(
            data.union_token,
            format_args!(
                "`{name}` cannot be derived for a union, because nothing tells which of its fields is in use: implement \
                 `{name}` by hand"
            ),
        );
    }
    for attribute in input.attrs.iter().filter(|attribute| is_packed(attribute)) {
        complaints.on(
            attribute,
            format_args!(
                "`{name}` cannot be derived for a packed type, because its fields cannot be borrowed: implement `{name}` by hand"
            ),
        );
    }
    options(derived, &input.attrs, Place::Type, complaints).runtime
}

fn is_packed(attribute: &Attribute) -> bool {
    let parse = Punctuated::<Meta, Token![,]>::parse_terminated;
    attribute.path().is_ident("repr")
        && attribute
            .parse_args_with(parse)
            .is_ok_and(|reprs| reprs.iter().any(|repr| repr.path().is_ident("packed")))
}

/// The variants of the type: of a struct one, of a union none.
pub(super) fn variants<'a>(
    derived: &Derived,
    input: &'a DeriveInput,
    complaints: &mut Complaints,
) -> Vec<Variant<'a>> {
    match &input.data {
        Data::Struct(data) => vec![variant(derived, None, &data.fields, complaints)],
        Data::Enum(data) => {
            let read = data.variants.iter().map(|written| {
                options(derived, &written.attrs, Place::Variant, complaints);
                variant(derived, Some(&written.ident), &written.fields, complaints)
            });
            read.collect()
        }
        Data::Union(_) => Vec::new(),
    }
}

fn variant<'a>(
    derived: &Derived,
    name: Option<&'a Ident>,
    written: &'a Fields,
    complaints: &mut Complaints,
) -> Variant<'a> {
    let fields = written.iter().enumerate().map(|(index, field)| Field {
        ty: &field.ty,
        local: format_ident!("__field{index}", span = Span::mixed_site()),
        how: how(derived, &field.attrs, complaints),
    });
    Variant { name, members: written.members().collect(), fields: fields.collect() }
}

fn how(derived: &Derived, attributes: &[Attribute], complaints: &mut Complaints) -> How {
    let Options { skip, with, .. } = options(derived, attributes, Place::Field, complaints);
    match (skip, with) {
        (None, None) => How::Itself,
        (None, Some(function)) => How::With(function),
        (Some(_), None) => How::Skip,
        (Some(_), Some(function)) => {
            complaints.on(
                function,
                "`skip` and `with` contradict each other: keep `skip` if the field is to be left out, `with` if the function is \
                 to be called",
            );
            How::Skip
        }
    }
}

/// What the helper attributes say, all of them together.
fn options(
    derived: &Derived,
    attributes: &[Attribute],
    place: Place,
    complaints: &mut Complaints,
) -> Options {
    let helper = derived.helper;
    let mut tokens = TokenStream::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident(helper)) {
        match &attribute.meta {
            Meta::List(list) if tokens.is_empty() => tokens = list.tokens.clone(),
            Meta::List(_) => complaints.on(
                attribute,
                format_args!("`#[{helper}]` is given twice: put all options into one"),
            ),
            _ => complaints
                .on(attribute, format_args!("options stand in parentheses: `#[{helper}(skip)]`")),
        }
    }
    known::read(OPTIONS, tokens, place, complaints)
}
