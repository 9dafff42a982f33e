//! A [`Graph`] as the drawing module sees it.

use std::any::Any;
use std::fmt;

use crate::graph::Graph;
use crate::key::Key;
use crate::task::Function;
use crate::visualize::{NodeKind, Picture, PictureNode, Source};

/// The most characters of a literal that are shown.
const MOST_CHARACTERS: usize = 24;

impl Source for Graph {
    fn n_nodes(&self) -> usize {
        self.len()
    }

    fn n_edges(&self) -> usize {
        self.snapshot().n_edges()
    }

    fn picture(&self, literals: bool) -> Picture {
        let snapshot = self.snapshot();
        let mut picture = Picture::default();
        // Literals are nodes of the picture and not of the graph, so the two count differently.
        let mut places = Vec::with_capacity(snapshot.len());
        for index in 0..snapshot.len() as u32 {
            let first_literal = picture.nodes.len() as u32;
            if literals {
                snapshot.literals(index, &mut |position, literal| {
                    picture.nodes.push(literal_node(snapshot.function(index), position, literal));
                });
            }
            let place = picture.nodes.len() as u32;
            picture.edges.extend((first_literal..place).map(|literal| (literal, place)));
            let from = snapshot.dependencies(index).map(|from| places[from as usize]);
            picture.edges.extend(from.map(|from| (from, place)));
            places.push(place);
            picture.nodes.push(PictureNode {
                label: snapshot.key(index).name().to_owned(),
                kind: kind(self, index),
                output: false,
            });
        }
        for &output in snapshot.outputs() {
            picture.nodes[places[output as usize] as usize].output = true;
        }
        picture
    }

    fn visit_nodes(&self, visit: &mut dyn FnMut(&str, NodeKind)) {
        for index in 0..self.len() as u32 {
            visit(self.snapshot().key(index).name(), kind(self, index));
        }
    }

    fn visit_keys(&self, visit: &mut dyn FnMut(Key, bool)) {
        for index in 0..self.len() as u32 {
            visit(self.snapshot().key(index), self.snapshot().is_task(index));
        }
    }

    fn visit_edges(&self, visit: &mut dyn FnMut(u32, u32)) {
        for index in 0..self.len() as u32 {
            self.snapshot().dependencies(index).for_each(|from| visit(from, index));
        }
    }
}

fn kind(graph: &Graph, index: u32) -> NodeKind {
    if graph.snapshot().is_task(index) { NodeKind::Task } else { NodeKind::Data }
}

fn literal_node(function: &Function, position: usize, literal: &dyn Any) -> PictureNode {
    let parameter = function.parameters.get(position);
    let text = match parameter.and_then(|parameter| Some((parameter.show?, parameter))) {
        Some((show, _)) => shown(|f| show(literal, f)),
        None => parameter.map_or("…", |parameter| parameter.ty).to_owned(),
    };
    let label = match parameter {
        Some(parameter) => format!("{} = {text}", parameter.name),
        None => text,
    };
    PictureNode { label, kind: NodeKind::Literal, output: false }
}

/// What `write` writes, cut short; it is not asked to go on when there is enough, however large the value is.
fn shown(write: impl Fn(&mut fmt::Formatter<'_>) -> fmt::Result) -> String {
    let mut cut = Cut { text: String::new(), left: MOST_CHARACTERS };
    let complete = fmt::write(&mut cut, format_args!("{}", fmt::from_fn(write))).is_ok();
    if !complete {
        cut.text.push('…');
    }
    cut.text
}

/// Takes a few characters, then refuses.
struct Cut {
    text: String,
    left: usize,
}

impl fmt::Write for Cut {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            self.left = self.left.checked_sub(1).ok_or(fmt::Error)?;
            self.text.push(character);
        }
        Ok(())
    }
}
