//! Room for the results of a run, and how many users each result still has.
//!
//! Each node has one word. A result that fits is there; a wider one, up to [`WIDE_WORDS`], lies in a second buffer, and the word
//! says where; a still larger one is boxed and the word is the box, so that its memory goes back when it is released. Beside each
//! word stands the number of users that have not finished with the value: one for each edge to a dependent, one for each
//! output.

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;

use super::pages::touched_room;
use super::uses::Uses;

/// The most words of a result that is not boxed.
const WIDE_WORDS: usize = 4;

/// How a type's values are stored, for code that does not know the type.
#[derive(Clone, Copy)]
pub(super) struct Stored {
    /// Words in the second buffer.
    pub(super) wide_words: u32,
    /// Drops the value (or its box) in a slot; `None` where that would do nothing.
    release: Option<unsafe fn(*mut u64)>,
}

/// Where values of a type lie.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Word,
    Wide,
    Boxed,
}

impl Place {
    const fn of<T>() -> Place {
        if size_of::<T>() <= 8 && align_of::<T>() <= 8 {
            Place::Word
        } else if size_of::<T>() <= WIDE_WORDS * 8 && align_of::<T>() <= 8 {
            Place::Wide
        } else {
            Place::Boxed
        }
    }
}

impl Stored {
    /// Of a node that has no slot.
    pub(super) const NOTHING: Stored = Stored { wide_words: 0, release: None };

    pub(super) const fn of<T>() -> Stored {
        Stored {
            wide_words: match Place::of::<T>() {
                Place::Wide => size_of::<T>().div_ceil(8) as u32,
                Place::Word | Place::Boxed => 0,
            },
            release: if !needs_release::<T>() {
                None
            } else if matches!(Place::of::<T>(), Place::Boxed) {
                // SAFETY: called on a slot that holds a `Box<T>`.
                Some(|slot| unsafe { slot.cast::<Box<T>>().drop_in_place() })
            } else {
                // SAFETY: called on a slot that holds a `T`.
                Some(|slot| unsafe { slot.cast::<T>().drop_in_place() })
            },
        }
    }

    /// Whether releasing a value gives anything back.
    #[inline]
    pub(super) const fn holds_memory(&self) -> bool {
        self.release.is_some()
    }
}

/// Whether anything has to happen when a value's last user is done.
pub(super) const fn needs_release<T>() -> bool {
    std::mem::needs_drop::<T>() || matches!(Place::of::<T>(), Place::Boxed)
}

type Cell = UnsafeCell<MaybeUninit<u64>>;

/// So many words, not initialised.
fn cells(words: usize) -> Box<[Cell]> {
    let mut cells = touched_room(words);
    // SAFETY: cells of uninitialised words need no initialisation.
    unsafe { cells.set_len(words) };
    cells.into_boxed_slice()
}

pub(super) struct Values {
    words: Box<[Cell]>,
    wide: Box<[Cell]>,
    /// Empty where nobody asks: no result has to be released, and no task needs to know whether it is the last user.
    uses: Vec<Uses>,
    /// One thread runs all: counters need no locked instructions.
    exclusive: bool,
}

// SAFETY: the slots hold `Send + Sync` values (`Payload::Output`). Who may touch a slot when is laid down on each
// method; `Run` keeps to it: a slot is written once by the one thread that runs its task, read after that.
unsafe impl Sync for Values {}

impl Values {
    /// Room for one result for each of `count` nodes, used that often; each use count says that the room is empty as well. There
    /// may be no use counts if no result needs to be released; no user is then known to be the last.
    ///
    /// `wide_words` says for each node how many words of the second buffer its result needs; `None` if none does, which saves a
    /// look at every node.
    pub(super) fn new(
        count: usize,
        uses: Vec<Uses>,
        wide_words: Option<impl Iterator<Item = u32>>,
        exclusive: bool,
    ) -> Self {
        let words = cells(count);
        let mut total = 0usize;
        for (word, wide) in words.iter().zip(wide_words.into_iter().flatten()) {
            // SAFETY: the buffer is not shared yet.
            unsafe { *word.get() = MaybeUninit::new(total as u64) };
            total += wide as usize;
        }
        Values { words, wide: cells(total), uses, exclusive }
    }

    /// Where the value of a node lies, or its box, for a type in that place.
    #[inline]
    fn slot(&self, index: u32, place: Place) -> *mut u64 {
        let word = &self.words[index as usize];
        match place {
            Place::Word | Place::Boxed => word.get().cast(),
            Place::Wide => {
                // SAFETY: the word of a wide slot was set when the buffer was made and is never changed.
                let start = unsafe { (*word.get()).assume_init() } as usize;
                UnsafeCell::raw_get(self.wide[start..].as_ptr()).cast()
            }
        }
    }

    /// Fills a slot.
    ///
    /// # Safety
    /// The slot is for a `T`, is empty, and only the caller touches it now.
    #[inline]
    pub(super) unsafe fn write<T>(&self, index: u32, value: T) {
        let slot = self.slot(index, Place::of::<T>());
        if Place::of::<T>() == Place::Boxed {
            // SAFETY: by contract; a word holds a box.
            unsafe { slot.cast::<Box<T>>().write(Box::new(value)) };
        } else {
            // SAFETY: by contract; the slot has the words of a `T`.
            unsafe { slot.cast::<T>().write(value) };
        }
        if needs_release::<T>() {
            self.uses[index as usize].fill();
        }
    }

    /// Takes back what was written, which leaves the slot empty.
    ///
    /// # Safety
    /// The slot holds a `T`, and only the caller has touched it so far.
    pub(super) unsafe fn unwrite<T>(&self, index: u32) -> T {
        if needs_release::<T>() {
            self.uses[index as usize].empty();
        }
        // SAFETY: by contract; the count says that it is gone.
        unsafe { self.read(index) }
    }

    /// Borrows the value in a slot.
    ///
    /// # Safety
    /// The slot holds a `T`, and the caller counts as one of its users for `'a`.
    #[inline]
    pub(super) unsafe fn get<'a, T>(&self, index: u32) -> &'a T {
        let slot = self.slot(index, Place::of::<T>());
        if Place::of::<T>() == Place::Boxed {
            // SAFETY: by contract, for the box.
            unsafe { &*slot.cast::<Box<T>>() }
        } else {
            // SAFETY: by contract.
            unsafe { &*slot.cast::<T>() }
        }
    }

    /// Moves the value out if the caller is its only user left; it is then no user any more. A value that needs no release is never
    /// counted down, so it is moved out if it had only one user from the start.
    ///
    /// # Safety
    /// The slot holds a `T`, the caller counts as one of its users and has no borrow of it.
    #[inline]
    pub(super) unsafe fn take_if_last<T>(&self, index: u32) -> Option<T> {
        let uses = self.uses.get(index as usize)?;
        let is_ours = if needs_release::<T>() { uses.take_if_last() } else { uses.is_last() };
        // SAFETY: by contract, and we are the only user; the count of 0 says that what has to be released is gone.
        is_ours.then(|| unsafe { self.read(index) })
    }

    /// Moves the value out of a slot.
    ///
    /// # Safety
    /// The slot holds a `T`, and nobody uses it afterwards.
    #[inline]
    unsafe fn read<T>(&self, index: u32) -> T {
        let slot = self.slot(index, Place::of::<T>());
        if Place::of::<T>() == Place::Boxed {
            // SAFETY: by contract, for the box.
            *unsafe { slot.cast::<Box<T>>().read() }
        } else {
            // SAFETY: by contract.
            unsafe { slot.cast::<T>().read() }
        }
    }

    /// Whether a value may have more than one user left.
    pub(super) fn may_be_shared(&self, index: u32) -> bool {
        self.uses.get(index as usize).is_none_or(Uses::may_be_shared)
    }

    /// Moves the value out for all its users at once.
    ///
    /// # Safety
    /// The slot holds a `T`, nobody borrows it, and the caller acts for all users that are left.
    pub(super) unsafe fn take_all<T>(&self, index: u32) -> T {
        if needs_release::<T>() {
            self.uses[index as usize].take_all();
        }
        // SAFETY: by contract.
        unsafe { self.read(index) }
    }

    /// Gives up one use, and drops the value if it was the last.
    ///
    /// # Safety
    /// The slot holds a `T`, the caller counts as one of its users, and has no borrow of it any more.
    #[inline]
    pub(super) unsafe fn release<T>(&self, index: u32) {
        if needs_release::<T>() && self.give_up(index) {
            let stored = const { Stored::of::<T>() };
            // SAFETY: the last user is done with it.
            unsafe { self.drop_slot(index, &stored) };
        }
    }

    /// [`Values::release`] for code that does not know the type.
    ///
    /// # Safety
    /// As for [`Values::release`]; `stored` is that of the slot's type.
    pub(super) unsafe fn release_stored(&self, index: u32, stored: &Stored) {
        if stored.release.is_some() && self.give_up(index) {
            // SAFETY: by contract.
            unsafe { self.drop_slot(index, stored) };
        }
    }

    /// True when the caller was the last user of a value that is there.
    #[inline]
    fn give_up(&self, index: u32) -> bool {
        let uses = &self.uses[index as usize];
        if self.exclusive { uses.give_up_alone() } else { uses.give_up() }
    }

    /// # Safety
    /// The slot holds a value stored as `stored`, and nobody uses it.
    unsafe fn drop_slot(&self, index: u32, stored: &Stored) {
        if let Some(release) = stored.release {
            let place = if stored.wide_words > 0 { Place::Wide } else { Place::Word };
            // SAFETY: by contract; a box lies where a word does.
            unsafe { release(self.slot(index, place)) };
        }
    }

    /// Drops whatever is left in a slot. Needs `&mut`: the run is over.
    ///
    /// # Safety
    /// `stored` is that of the slot's type.
    pub(super) unsafe fn clear(&mut self, index: u32, stored: &Stored) {
        if !stored.holds_memory() {
            return;
        }
        if self.uses[index as usize].clear() {
            // SAFETY: the slot was filled (not empty) and not yet released (uses above zero).
            unsafe { self.drop_slot(index, stored) };
        }
    }
}

#[cfg(all(test, loom))]
mod models {
    use loom::sync::Arc;
    use loom::sync::atomic::{AtomicU32, Ordering};
    use loom::thread;

    use super::*;
    use crate::graph::watched::Watched;

    /// What a value is, and how often it came to its end.
    struct Life {
        memory: Watched,
        ends: AtomicU32,
    }

    /// The value.
    struct Held(Arc<Life>);

    impl Drop for Held {
        fn drop(&mut self) {
            if std::thread::panicking() {
                return; // The model has failed already.
            }
            self.0.memory.write();
            self.0.ends.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What a task does with an input, in terms of [`Values`]; see `inputs.rs`.
    #[derive(Clone, Copy)]
    enum User {
        /// Takes a `&T`.
        Borrows,
        /// Takes a `T`.
        Takes,
        /// Is skipped, for another of its inputs is not there.
        IsSkipped,
        /// Panics in between.
        Fails,
    }
    use User::*;

    impl User {
        fn use_it(self, values: &Values) {
            // SAFETY: slot 0 is written before this is called, each user is counted, and none uses the value further.
            unsafe {
                match self {
                    Borrows => {
                        values.get::<Held>(0).0.memory.read();
                        values.release::<Held>(0);
                    }
                    Takes => match values.take_if_last::<Held>(0) {
                        Some(value) => value.0.memory.write(),
                        None => Borrows.use_it(values),
                    },
                    IsSkipped => values.release_stored(0, &Stored::of::<Held>()),
                    Fails => values.get::<Held>(0).0.memory.read(),
                }
            }
        }
    }

    fn slot(users: usize) -> (Values, Arc<Life>) {
        let mut uses = Uses::none();
        (0..users).for_each(|_| uses.add());
        let wide_words = std::iter::once(Stored::of::<Held>().wide_words);
        let values = Values::new(1, vec![uses], Some(wide_words), false);
        (values, Arc::new(Life { memory: Watched::new(), ends: AtomicU32::new(0) }))
    }

    /// Each user on a thread of its own; the value ends when the last of them is done, or with the run if one failed.
    fn check(users: &'static [User]) {
        loom::model(move || {
            let (values, life) = slot(users.len());
            let values = Arc::new(values);
            // SAFETY: the slot is empty and not shared yet.
            unsafe { values.write(0, Held(Arc::clone(&life))) };
            let others = users[1..].iter().map(|&user| {
                let values = Arc::clone(&values);
                thread::spawn(move || user.use_it(&values))
            });
            let others: Vec<_> = others.collect();
            users[0].use_it(&values);
            others.into_iter().for_each(|other| other.join().unwrap());

            let all_done = !users.iter().any(|user| matches!(user, Fails));
            assert_eq!(life.ends.load(Ordering::Relaxed), u32::from(all_done));
            let mut values = Arc::try_unwrap(values).ok().expect("the threads have ended");
            // SAFETY: the slot was for this type.
            unsafe { values.clear(0, &Stored::of::<Held>()) };
            assert_eq!(life.ends.load(Ordering::Relaxed), 1);
        });
    }

    #[test]
    fn release_against_release_drops_once() {
        check(&[Borrows, Borrows]);
        check(&[Borrows, Borrows, Borrows]);
        check(&[Borrows, IsSkipped]);
    }

    #[test]
    fn release_against_take_drops_or_moves_once() {
        check(&[Borrows, Takes]);
        check(&[Borrows, Borrows, Takes]);
        check(&[IsSkipped, Takes]);
    }

    #[test]
    fn take_against_take_moves_or_drops_once() {
        check(&[Takes, Takes]);
        check(&[Borrows, Takes, Takes]);
    }

    #[test]
    fn a_use_that_is_never_given_up_leaves_the_value_to_the_run() {
        check(&[Fails, Borrows]);
        check(&[Fails, Takes]);
    }

    /// The users of a task that failed.
    #[test]
    fn a_slot_that_stayed_empty_is_never_dropped() {
        loom::model(|| {
            let (values, life) = slot(2);
            let values = Arc::new(values);
            let other = thread::spawn({
                let values = Arc::clone(&values);
                move || IsSkipped.use_it(&values)
            });
            IsSkipped.use_it(&values);
            other.join().unwrap();
            let mut values = Arc::try_unwrap(values).ok().expect("the threads have ended");
            // SAFETY: the slot was for this type.
            unsafe { values.clear(0, &Stored::of::<Held>()) };
            assert_eq!(life.ends.load(Ordering::Relaxed), 0);
        });
    }
}
