//! The shape of a type: a number that stands for everything that reading its bytes depends on.

use std::any::TypeId;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::tracer::{Ended, Trace, Tracer};
use super::walk;
use super::wire::Wire;

/// Changed with everything that gives other bytes, or reads them otherwise.
const FORMAT: u64 = 1;
/// A type is read so often at most; what it has not shown by then is not part of its shape.
const READINGS: usize = 4096;
/// So many dummies are tried where a type refuses them.
const RETRIES: usize = 64;

/// What bytes of a type depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Another one if a field, a variant or the type of a number has changed.
    pub(crate) hash: u128,
    /// Why no value of the type can be kept as bytes, as a part of a sentence; `None` if they can.
    pub(crate) fault: Option<&'static str>,
}

const ASKS_BYTES: &str = "it asks the bytes what they are, as `#[serde(flatten)]`, `untagged` and `tag` do, which the compact \
     format cannot tell; remove these attributes, or convert it to a plain type with `#[serde(into, from)]`";
const DIFFERS: &str = "it is written otherwise than it is read, as with `skip_serializing` alone or a skipped variant before \
     others; let `Serialize` and `Deserialize` agree on fields and variants, and move skipped variants to the end";

impl Shape {
    /// The shape of a type, found out once in a process.
    pub(crate) fn of<T: Serialize + DeserializeOwned + 'static>() -> Shape {
        static KNOWN: Mutex<Option<HashMap<TypeId, Shape>>> = Mutex::new(None);
        let of = TypeId::of::<T>();
        let lock = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let known = lock().as_ref().and_then(|known| known.get(&of).copied());
        // Without the lock: the user's code runs here, and may look at shapes itself.
        known.unwrap_or_else(|| {
            let shape = find::<T>();
            lock().get_or_insert_default().insert(of, shape);
            shape
        })
    }

    /// Whether values of the type can be kept as bytes.
    pub(crate) fn is_plain(&self) -> bool {
        self.fault.is_none()
    }
}

/// Reads a type with dummy values until everything in it was shown.
fn find<T: Serialize + DeserializeOwned>() -> Shape {
    let mut trace = Trace::new();
    trace.hasher.write(&FORMAT.to_le_bytes());
    let mut readings = 0;
    let mut differs = false;
    loop {
        let aim = trace.aim();
        let shown = aim.map(|aim| trace.shown(aim));
        differs |= read_one_path::<T>(&mut trace, &mut readings);
        if let Some(aim) = aim
            && Some(trace.shown(aim)) == shown
        {
            trace.give_up(aim);
        }
        if trace.aim().is_none() || readings >= READINGS {
            break;
        }
    }
    let fault = match trace.asks_bytes {
        true => Some(ASKS_BYTES),
        false => differs.then_some(DIFFERS),
    };
    Shape { hash: trace.hasher.finish_128(), fault }
}

/// Reads one path through the type, with other dummies where it refuses them. Tells whether the value is written otherwise than it
/// was read.
fn read_one_path<T: Serialize + DeserializeOwned>(trace: &mut Trace, readings: &mut usize) -> bool {
    let mut script = Some(Vec::new());
    let mut differs = false;
    for _ in 0..RETRIES {
        let Some(choices) = script else { break };
        *readings += 1;
        trace.begin(choices);
        let read = catch_unwind(AssertUnwindSafe(|| read_once::<T>(trace)));
        script = match read {
            Ok(Ok(Some(written))) if written != trace.wire => {
                differs = true;
                // It may have made something else of the dummy, as a list does that keeps no zeros.
                trace.next_script()
            }
            Ok(Ok(_)) => return false,
            Ok(Err(Ended::Refused)) => trace.script_around().or_else(|| trace.next_script()),
            Ok(Err(Ended::Recursion)) => trace.script_around(),
            // A panic is told when a value is written or read.
            Ok(Err(Ended::Variant | Ended::NotPlain)) | Err(_) => None,
        };
    }
    differs
}

/// Reads a value and gives what would be written for it; `None` if it cannot be written.
fn read_once<T: Serialize + DeserializeOwned>(
    trace: &mut Trace,
) -> Result<Option<Vec<Wire>>, Ended> {
    let value = T::deserialize(Tracer(trace))?;
    Ok(walk::record(&value))
}
