//! The disk cache: results survive the process, and no damage gives a wrong answer.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lazy_runtime::diagnostics::{CacheEvent, Observer};
use lazy_runtime::prelude::*;
use lazy_runtime::{Runtime, RuntimeBuilder, Scheduler};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use tests::Log;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Forest {
    trees: Vec<u32>,
    name: String,
}

#[delayed(cache = "disk")]
fn train(xs: Vec<u64>, depth: u32, log: &Log) -> Forest {
    log.note("train");
    Forest { trees: vec![depth; xs.len()], name: format!("{xs:?}") }
}

#[delayed(pure)]
fn read(n: u64, log: &Log) -> Vec<u64> {
    log.note("read");
    (0..n).collect()
}

#[delayed]
fn impure(n: u64) -> Vec<u64> {
    (0..n).collect()
}

fn forest(n: u64, depth: u32) -> Forest {
    let xs: Vec<_> = (0..n).collect();
    Forest { trees: vec![depth; n as usize], name: format!("{xs:?}") }
}

/// Keeps what it is told of the cache.
#[derive(Clone, Default)]
struct Seen(Log);

impl Observer for Seen {
    fn cache(&self, event: &CacheEvent) {
        self.0.note(event.outcome.name());
        assert!(event.key.name() == "train");
    }
}

fn builder(dir: &Path, seen: &Seen) -> RuntimeBuilder {
    Runtime::builder().num_threads(2).cache_dir(dir).observer(seen.clone())
}

/// Runs a case on both schedulers, each time with a new folder.
fn both(case: impl Fn(&dyn Fn(&Seen) -> Runtime, &Path)) {
    for scheduler in [Scheduler::Synchronous, Scheduler::Threads] {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("cache");
        case(&|seen| builder(&path, seen).scheduler(scheduler).build().unwrap(), &path);
    }
}

/// The files of the cache.
fn files(dir: &Path) -> Vec<PathBuf> {
    let Ok(folders) = fs::read_dir(dir) else { return vec![] };
    let folders = folders.map(|folder| folder.unwrap().path()).filter(|path| path.is_dir());
    folders.flat_map(|folder| fs::read_dir(folder).unwrap()).map(|f| f.unwrap().path()).collect()
}

#[test]
fn another_runtime_finds_what_one_has_kept_and_reads_nothing_else() {
    both(|runtime, dir| {
        let (log, seen) = (Log::new(), Seen::default());
        let call = || train(read(5, log.clone()), 3, log.clone());
        assert_eq!(runtime(&seen).compute(&call()).unwrap(), forest(5, 3));
        assert_eq!((log.count("read"), log.count("train"), files(dir).len()), (1, 1, 1));
        let second = runtime(&seen);
        assert_eq!(second.compute(&call()).unwrap(), forest(5, 3));
        assert_eq!(second.compute(&call().map(|f| f.trees.len())).unwrap(), 5);
        assert_eq!((log.count("read"), log.count("train")), (1, 1));
        let stats = second.cache().stats();
        assert_eq!((stats.hits, stats.disk_hits, stats.misses), (2, 2, 0));
        assert_eq!(seen.0.events(), ["kept", "hit on disk", "hit on disk"]);
        second.cache().clear();
        assert_eq!(second.compute(&call()).unwrap(), forest(5, 3));
        assert_eq!((log.count("train"), files(dir).len()), (2, 1));
    });
}

#[test]
fn other_arguments_are_other_results() {
    both(|runtime, dir| {
        let (log, seen) = (Log::new(), Seen::default());
        let call = |n, depth| train(read(n, log.clone()), depth, log.clone());
        let calls = || [call(4, 1), call(4, 2), call(5, 1), call(4, 1)];
        let expected = [forest(4, 1), forest(4, 2), forest(5, 1), forest(4, 1)];
        assert_eq!(runtime(&seen).compute(&calls()).unwrap(), expected);
        assert_eq!((log.count("train"), files(dir).len()), (3, 3));
        assert_eq!(runtime(&seen).compute(&calls()).unwrap(), expected);
        assert_eq!(log.count("train"), 3);
    });
}

#[test]
fn any_damage_means_that_the_task_runs() {
    type Damage = fn(&Path);
    let damages: [(&str, Damage); 4] = [
        ("cut", |path| {
            let bytes = fs::read(path).unwrap();
            fs::write(path, &bytes[..bytes.len() - 1]).unwrap();
        }),
        ("flipped", |path| {
            let mut bytes = fs::read(path).unwrap();
            let at = bytes.len() - 20;
            bytes[at] ^= 1;
            fs::write(path, bytes).unwrap();
        }),
        ("emptied", |path| fs::write(path, "").unwrap()),
        ("foreign", |path| fs::write(path, "a picture, or what have you").unwrap()),
    ];
    for (name, damage) in damages {
        both(|runtime, dir| {
            let (log, seen) = (Log::new(), Seen::default());
            let call = || train(read(5, log.clone()), 3, log.clone());
            assert_eq!(runtime(&seen).compute(&call()).unwrap(), forest(5, 3));
            files(dir).iter().for_each(|file| damage(file));
            for _ in 0..2 {
                assert_eq!(runtime(&seen).compute(&call()).unwrap(), forest(5, 3), "{name}");
            }
            let expected = if name == "foreign" { 3 } else { 2 };
            assert_eq!((log.count("train"), log.count("read")), (expected, expected), "{name}");
            assert!(seen.0.count("damaged") >= 1, "{name}: {:?}", seen.0.events());
            if name == "foreign" {
                assert_eq!(fs::read(&files(dir)[0]).unwrap(), b"a picture, or what have you");
            }
        });
    }
}

/// As after a power failure, that left files of the right length.
#[test]
fn a_long_chain_of_damaged_results_is_computed_anew() {
    #[delayed(cache = "disk")]
    fn next(n: u64) -> u64 {
        n + 1
    }
    const LENGTH: u64 = 600;
    let chain = || (1..LENGTH).fold(next(0_u64), |n, _| next(n));
    for scheduler in [Scheduler::Synchronous, Scheduler::Threads] {
        let dir = TempDir::new().unwrap();
        let runtime = || {
            let runtime = Runtime::builder().scheduler(scheduler).num_threads(2);
            runtime.stack_size(2 << 20).cache_dir(dir.path()).build().unwrap()
        };
        assert_eq!(runtime().compute(&chain()).unwrap(), LENGTH);
        for file in files(dir.path()) {
            let mut bytes = fs::read(&file).unwrap();
            let at = bytes.len() - 20;
            bytes[at] ^= 1;
            fs::write(file, bytes).unwrap();
        }
        assert_eq!(runtime().compute(&chain()).unwrap(), LENGTH);
        assert_eq!(files(dir.path()).len(), LENGTH as usize, "all are kept again");
    }
}

#[test]
fn damage_is_mended_inside_a_larger_graph() {
    both(|runtime, dir| {
        let (log, seen) = (Log::new(), Seen::default());
        let many = || {
            let calls = (0..20).map(|n| train(read(n, log.clone()), 3, log.clone()));
            calls.map(|call| call.map(|forest| forest.trees.len() as u64)).sum::<Delayed<u64>>()
        };
        assert_eq!(runtime(&seen).compute(&many()).unwrap(), 190);
        for file in files(dir).iter().step_by(3) {
            let mut bytes = fs::read(file).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            fs::write(file, bytes).unwrap();
        }
        assert_eq!(runtime(&seen).compute(&many()).unwrap(), 190);
        assert_eq!((log.count("train"), log.count("read")), (27, 27));
        assert_eq!(runtime(&seen).compute(&many()).unwrap(), 190);
        assert_eq!(log.count("train"), 27);
    });
}

#[test]
fn a_folder_that_cannot_be_used_means_that_the_task_runs() {
    both(|runtime, dir| {
        let (log, seen) = (Log::new(), Seen::default());
        fs::write(dir, "a file where the folder should be").unwrap();
        for _ in 0..2 {
            let call = train(read(5, log.clone()), 3, log.clone());
            assert_eq!(runtime(&seen).compute(&call).unwrap(), forest(5, 3));
        }
        assert_eq!((log.count("train"), seen.0.count("not written")), (2, 2));
        assert!(dir.is_file());
    });
}

#[test]
fn what_depends_on_an_impure_task_is_not_written() {
    both(|runtime, dir| {
        let (log, seen) = (Log::new(), Seen::default());
        let call = train(impure(5), 3, log.clone());
        assert!(!call.key().is_stable());
        assert_eq!(runtime(&seen).compute(&call).unwrap(), forest(5, 3));
        assert_eq!(
            (files(dir).len(), seen.0.events()),
            (0, vec!["not kept, key not stable".into()])
        );
    });
}

#[test]
fn data_that_is_told_by_its_content_is_as_good_as_a_literal() {
    both(|runtime, _| {
        let (log, seen) = (Log::new(), Seen::default());
        let call = || train(lazy_runtime::delayed_pure(vec![0_u64, 1, 2]), 3, log.clone());
        assert_eq!(call().key(), call().key());
        for _ in 0..2 {
            assert_eq!(runtime(&seen).compute(&call()).unwrap(), forest(3, 3));
        }
        assert_eq!(log.count("train"), 1);
    });
}

#[test]
fn the_body_and_the_types_of_a_function_are_part_of_its_key() {
    let old = {
        #[delayed(cache = "disk")]
        fn fit(x: u32) -> u32 {
            x
        }
        fit(1)
    };
    let new = {
        #[delayed(cache = "disk")]
        fn fit(x: u32) -> u32 {
            x + 1
        }
        fit(1)
    };
    let wider = {
        #[delayed(cache = "disk")]
        fn fit(x: u64) -> u32 {
            x as u32
        }
        fit(1)
    };
    assert_ne!(old.key(), new.key());
    assert_ne!(old.key(), wider.key());
}

#[test]
fn errors_and_panics_are_never_written() {
    #[delayed(cache = "disk", name = "train")]
    fn check(n: u64) -> Result<u64, String> {
        if n == 0 { Err("zero".to_string()) } else { panic!("one") }
    }
    both(|runtime, dir| {
        let seen = Seen::default();
        assert!(runtime(&seen).compute(&check(0)).is_err());
        assert!(runtime(&seen).compute(&check(1)).is_err());
        assert!(files(dir).is_empty() && seen.0.is_empty());
    });
}

/// What `another_process_finds_the_results` runs in a process of its own.
#[test]
fn in_another_process() {
    let Some(dir) = std::env::var_os("LAZY_TEST_CACHE") else { return };
    let (log, seen) = (Log::new(), Seen::default());
    let runtime = builder(Path::new(&dir), &seen).build().unwrap();
    let calls: Vec<_> = (0..20).map(|n| train(read(n, log.clone()), 2, log.clone())).collect();
    let forests = runtime.compute(&calls).unwrap();
    assert!(forests.iter().enumerate().all(|(n, found)| *found == forest(n as u64, 2)));
    // For the process that started this one.
    eprintln!("trained {} of 20", log.count("train"));
}

fn another_process(dir: &Path) -> std::process::Child {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "in_another_process", "--nocapture"]).env("LAZY_TEST_CACHE", dir);
    command.stderr(std::process::Stdio::piped()).spawn().unwrap()
}

fn text_of(process: std::process::Child) -> String {
    let output = process.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn another_process_finds_the_results() {
    let dir = Arc::new(TempDir::new().unwrap());
    // Several at once, then one more.
    let several: Vec<_> = (0..3).map(|_| another_process(dir.path())).collect();
    assert!(several.into_iter().all(|process| text_of(process).contains("trained ")));
    let last = text_of(another_process(dir.path()));
    assert!(last.contains("trained 0 of 20"), "{last}");
    assert_eq!(files(dir.path()).len(), 20);
}
