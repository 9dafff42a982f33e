//! Random graphs of tasks of every kind.

use std::thread;

use lazy_runtime::prelude::*;
use lazy_runtime::{Runtime, call, collect, delayed_pure, reduce};
use tests::{Padded, Tally, Tracked};

use super::random::Random;
use super::tasks::{self, Fate, Inner, MASK, Sheet, Text, Wide, Will};

/// What is computed together.
pub(crate) type Outputs = (Vec<Delayed<u64>>, Vec<Delayed<Text>>, Vec<Delayed<Vec<Text>>>);

/// Nodes to build on, those made first before the others.
#[derive(Clone)]
pub(crate) struct Graph {
    numbers: Vec<Delayed<u64>>,
    texts: Vec<Delayed<Text>>,
    lists: Vec<Delayed<Vec<Text>>>,
    sheets: Vec<Delayed<Sheet>>,
    /// So many of the numbers are of few tasks, none of which computes: others may compute them inside.
    n_simple: usize,
}

/// What all nodes of a graph have in common.
pub(crate) struct Kind<'a> {
    pub(crate) tally: &'a Tally,
    /// Once in so many tasks fails in one way or another.
    pub(crate) bad: Option<usize>,
    pub(crate) runtimes: &'a [Runtime],
}

impl Graph {
    /// A graph of about so many nodes. `kept` are nodes of an earlier one, with their values.
    pub(crate) fn new(random: &mut Random, kind: &Kind<'_>, kept: Outputs, size: usize) -> Graph {
        let (numbers, texts, lists) = kept;
        let mut graph = Graph { numbers, texts, lists, sheets: Vec::new(), n_simple: 0 };
        graph.numbers.push(delayed(7));
        graph.numbers.push(delayed_pure(random.next() % 4));
        graph.sheets.push(delayed(vec![1; 100]));
        graph.texts.push(delayed(Text::new("seven".into(), 100, kind.tally)));
        graph.lists.push(delayed(vec![Text::new("one".into(), 1, kind.tally)]));
        (0..size.min(25)).for_each(|_| graph.add(random, kind));
        graph.n_simple = graph.numbers.len();
        if random.once_in(3) {
            graph.grow_on_threads(random, kind, size);
        } else {
            (0..size).for_each(|_| graph.add(random, kind));
        }
        graph
    }

    /// Three threads build on the same nodes; then there is a graph of all they made.
    fn grow_on_threads(&mut self, random: &mut Random, kind: &Kind<'_>, size: usize) {
        let parts: Vec<_> = (0..3).map(|_| (self.clone(), random.fork())).collect();
        thread::scope(|scope| {
            let grow = |(mut part, mut random): (Graph, Random)| {
                (0..size / 3).for_each(|_| part.add(&mut random, kind));
                part
            };
            let grown: Vec<_> =
                parts.into_iter().map(|part| scope.spawn(move || grow(part))).collect();
            for part in grown {
                let part = part.join().expect("building does not fail");
                self.numbers.extend(part.numbers.into_iter().skip(self.n_simple));
                self.texts.extend(part.texts);
                self.lists.extend(part.lists);
                self.sheets.extend(part.sheets);
            }
        });
    }

    /// Some nodes of each type, perhaps some twice, and the last ones.
    pub(crate) fn outputs(&self, random: &mut Random) -> Outputs {
        let mut outputs =
            (random.some(&self.numbers), random.some(&self.texts), random.some(&self.lists));
        outputs.0.extend(self.numbers.last().cloned());
        outputs.1.extend(self.texts.last().cloned());
        outputs
    }

    /// Some tasks get the same will: those that are pure may be one.
    fn will(&self, random: &mut Random, kind: &Kind<'_>) -> Will {
        let fate = match (kind.bad.is_some_and(|bad| random.once_in(bad)), random.below(60)) {
            (true, 0..20) => Fate::Fails,
            (true, 20..40) => Fate::Panics,
            (true, _) => Fate::Throws,
            (false, 0) => Fate::Sleeps(random.next() % 200),
            (false, 1..4) => Fate::Yields,
            (false, _) => Fate::Good,
        };
        let most = if random.once_in(3) && fate == Fate::Good { 3 } else { 100_000 };
        Will { node: random.next() % most, fate, tally: kind.tally.clone() }
    }

    /// Adds a task, or two, of a random kind on random nodes.
    fn add(&mut self, random: &mut Random, kind: &Kind<'_>) {
        let will = self.will(random, kind);
        match random.below(14) {
            12.. => {
                let made = self.sheet(random, will);
                self.sheets.push(made);
            }
            0..6 => {
                let made = self.number(random, kind, will);
                self.numbers.push(made);
            }
            6..10 => {
                let made = self.text(random, kind, will);
                self.texts.push(made);
            }
            10 => {
                let made = self.list(random, will);
                self.lists.push(made);
            }
            _ => {
                let (text, n) = (random.pick(&self.texts), random.pick(&self.numbers));
                let (text, n) = tasks::pair(will, text, n).unzip();
                self.texts.push(text);
                self.numbers.push(n);
            }
        }
    }

    fn number(&self, random: &mut Random, kind: &Kind<'_>, will: Will) -> Delayed<u64> {
        let one = |random: &mut Random| random.pick(&self.numbers);
        let (a, b, literal) = (one(random), one(random), random.next() & MASK);
        match random.below(30) {
            25 => delayed_pure(literal % 4),
            26 | 27 => tasks::number_kept(will, a, b),
            28 | 29 => tasks::fold_sheets(will, random.some(&self.sheets)),
            0 => delayed(literal),
            1..4 => tasks::number(will, a, b),
            4 => tasks::number(will, a, literal),
            5 => tasks::fold_owned(will, random.some(&self.numbers)),
            6 => tasks::fold_borrowed(random.some(&self.numbers), will),
            7 => tasks::wide(will, padded(kind.tally, literal), a),
            8 => tasks::wide_owned(will, delayed(padded(kind.tally, literal)), a),
            9 => tasks::measure(will, random.pick(&self.texts), random.some(&self.texts)),
            10 => tasks::measure(will, random.pick(&self.texts), random.pick(&self.lists)),
            11 => (a ^ b) | literal,
            12 => literal ^ &(a & b),
            13 if kind.bad.is_some() && random.once_in(20) => a / 0_u64,
            13 => a % (b | 1),
            14 => a.map(move |n| tasks::mix(n, literal)),
            15 => a.map_ref(|n| n / 2),
            16 => a.and_then(move |n| will.meet().map(|()| n)),
            17 => a.zip(b).map(|(a, b)| tasks::mix(a, b)),
            18 => random.some(&self.numbers).into_iter().sum::<Delayed<u64>>() & MASK,
            19 => reduce([a.clone(), b.clone(), a ^ literal, a.clone()], 2, tasks::mix),
            20 => a.map(move |n| will.meet().map(|()| n)).flatten(),
            21 => a.map(move |n| delayed(n) ^ literal).flatten(),
            22 => tasks::flaky(will, a),
            23 => tasks::parallel(will, a),
            _ if self.n_simple > 0 => tasks::nested(will, Box::new(self.inner(random, kind)), a),
            _ => call(tasks::mix, (a, literal)),
        }
    }

    fn inner(&self, random: &mut Random, kind: &Kind<'_>) -> Inner {
        let node = random.pick(&self.numbers[..self.n_simple]).clone();
        let elsewhere = kind.runtimes[random.below(kind.runtimes.len())].clone();
        match random.below(12) {
            0..2 => Inner::Fresh(1 + random.below(3) as u32),
            2..4 => Inner::Shared(node),
            4 => Inner::Kept(node),
            5 => Inner::Limited(node),
            6..8 => Inner::Joined(node),
            8 => Inner::Cancelled(node),
            9 => Inner::Abandoned(node),
            10 => Inner::InRayon(node, elsewhere),
            _ => Inner::Elsewhere(node, elsewhere),
        }
    }

    fn text(&self, random: &mut Random, kind: &Kind<'_>, will: Will) -> Delayed<Text> {
        let one = |random: &mut Random| random.pick(&self.texts);
        let (a, b) = (one(random), one(random));
        let (n, list) = (random.pick(&self.numbers), random.pick(&self.lists));
        match random.below(18) {
            14 => tasks::render_kept(will, n),
            15 | 16 => tasks::append_pure(will, a, b),
            17 => tasks::join_kept(will, random.some(&self.texts)),
            0 => delayed(Text::new("given".into(), random.below(3000), kind.tally)),
            1..4 => tasks::render(will, n),
            4..6 => tasks::append(will, a, b),
            6 => tasks::splice(will, a, b, n),
            7 => tasks::join_owned(will, random.some(&self.texts)),
            8 => tasks::join_owned(will, list),
            9 => tasks::join_borrowed(will, random.some(&self.texts)),
            10 => tasks::join_borrowed(will, list),
            11 => a.map(|text| text),
            // Some lists have fewer items.
            12 if kind.bad.is_some() && random.once_in(4) => list.get(2_usize),
            12 => list.map_ref(|list| list.first().cloned()).flatten(),
            _ => a.zip(b).map(|(a, _)| a),
        }
    }

    fn sheet(&self, random: &mut Random, will: Will) -> Delayed<Sheet> {
        let n = random.pick(&self.numbers);
        match random.below(6) {
            0 | 1 => tasks::sheet(will, n),
            2 | 3 => tasks::sheet_kept(will, n),
            4 => tasks::stack(will, random.pick(&self.sheets), random.pick(&self.sheets)),
            _ => random.pick(&self.sheets).map(|mut sheet| {
                sheet.reverse();
                sheet
            }),
        }
    }

    fn list(&self, random: &mut Random, will: Will) -> Delayed<Vec<Text>> {
        let parts = [random.pick(&self.texts).clone(), random.pick(&self.texts).clone()];
        match random.below(4) {
            0 => collect(parts),
            1 => random.pick(&self.lists).map(|mut list| {
                list.reverse();
                list.truncate(8);
                list
            }),
            _ => tasks::split(will, &parts[0]),
        }
    }
}

fn padded(tally: &Tally, n: u64) -> Wide {
    Padded { tracked: Tracked::new(tally, n), padding: [n as u8; 3000] }
}
