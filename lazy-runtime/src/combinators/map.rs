//! `map`, `map_ref`, `and_then`, `zip`: a closure applied to values.

use std::panic::Location;

use super::names::{AndThen, Mapped, MappedRef, Zipped};
use super::{Borrowed, Owned};
use crate::arg::{CloneValue, Dependency, Own, Ref, Stored};
use crate::delayed::Delayed;
use crate::task::{IntoTaskError, derived_at, task_at, try_task_at};

impl<T: Stored> Delayed<T> {
    /// Applies a function to the value: the value itself if this is its last user, a clone otherwise.
    ///
    /// # Examples
    /// ```
    /// use lazy_runtime::prelude::*;
    ///
    /// let words = delayed("to be or not".to_string());
    /// let loud = words.map(|text| text.to_uppercase());
    /// assert_eq!(loud.compute()?, "TO BE OR NOT");
    /// # Ok::<(), lazy_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn map<R: Stored>(&self, function: impl Fn(T) -> R + Send + Sync + 'static) -> Delayed<R>
    where
        T: CloneValue,
    {
        let value = Own::<T, _>::from_arg(Dependency::on(self));
        task_at::<Mapped, _, Owned<T>>(function, (value,), Location::caller())
    }

    /// Applies a function to a borrow of the value: nothing is cloned.
    ///
    /// # Examples
    /// ```
    /// use lazy_runtime::prelude::*;
    ///
    /// let big = delayed(vec![0.0; 1 << 20]);
    /// assert_eq!(big.map_ref(|values| values.len()).compute()?, 1 << 20);
    /// # Ok::<(), lazy_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn map_ref<R: Stored>(
        &self,
        function: impl Fn(&T) -> R + Send + Sync + 'static,
    ) -> Delayed<R> {
        let value = Ref::<T, _>::from_arg(Dependency::on(self));
        task_at::<MappedRef, _, Borrowed<T>>(function, (value,), Location::caller())
    }

    /// Applies a function that may fail; its `Err` makes the task fail.
    ///
    /// # Examples
    /// ```
    /// use lazy_runtime::prelude::*;
    ///
    /// let text = delayed("12".to_string());
    /// let number = text.and_then(|text| text.parse::<i64>());
    /// assert_eq!(number.compute()?, 12);
    /// # Ok::<(), lazy_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn and_then<R: Stored, E: IntoTaskError + 'static>(
        &self,
        function: impl Fn(T) -> Result<R, E> + Send + Sync + 'static,
    ) -> Delayed<R>
    where
        T: CloneValue,
    {
        let value = Own::<T, _>::from_arg(Dependency::on(self));
        try_task_at::<AndThen, _, Owned<T>>(function, (value,), Location::caller())
    }

    /// Brings two values together.
    ///
    /// # Examples
    /// ```
    /// use lazy_runtime::prelude::*;
    ///
    /// let both = delayed(1).zip(&delayed("one"));
    /// assert_eq!(both.compute()?, (1, "one"));
    /// # Ok::<(), lazy_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn zip<U: Stored + CloneValue>(&self, other: &Delayed<U>) -> Delayed<(T, U)>
    where
        T: CloneValue,
    {
        let left = Own::<T, _>::from_arg(Dependency::on(self));
        let right = Own::<U, _>::from_arg(Dependency::on(other));
        derived_at::<Zipped, _, _>(
            |left: T, right: U| (left, right),
            (left, right),
            Location::caller(),
        )
    }
}
