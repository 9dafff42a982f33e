//! Tokens of values, of types that derive, and of pure calls: equal for equal values, in this process and in the next.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;

use lazy_runtime::prelude::*;
use lazy_runtime::{Tokenizer, token};

#[derive(Clone, Tokenize)]
struct Settings {
    rate: f64,
    files: Vec<PathBuf>,
    kernel: Kernel,
    weights: HashMap<String, f32>,
    #[tokenize(skip)]
    #[allow(dead_code, reason = "of no consequence")]
    title: String,
    #[tokenize(with = tokenize_date)]
    since: Date,
}

#[derive(Clone, Tokenize)]
enum Kernel {
    Linear,
    Gaussian { width: f64 },
    Mixed(Box<Kernel>, Box<Kernel>),
}

/// A type of another crate, so to say.
#[derive(Clone)]
struct Date {
    days: u64,
}

fn tokenize_date(date: &Date, tokenizer: &mut Tokenizer) {
    tokenizer.write_u64(date.days);
}

fn settings() -> Settings {
    let mixed = (Box::new(Kernel::Linear), Box::new(Kernel::Gaussian { width: 0.5 }));
    Settings {
        rate: 0.1,
        files: vec!["a.csv".into(), "b.csv".into()],
        kernel: Kernel::Mixed(mixed.0, mixed.1),
        weights: (0..20).map(|n| (format!("column {n}"), n as f32)).collect(),
        title: "first attempt".to_owned(),
        since: Date { days: 20_000 },
    }
}

#[test]
fn equal_values_have_equal_tokens() {
    assert_eq!(token(&settings()), token(&settings()));
    assert_eq!(token(&settings()), token(&settings().clone()));
}

#[test]
fn every_field_tells_values_apart() {
    let changes: [fn(&mut Settings); 5] = [
        |settings| settings.rate = 0.2,
        |settings| settings.files.reverse(),
        |settings| settings.kernel = Kernel::Linear,
        |settings| settings.weights.retain(|column, _| column != "column 3"),
        |settings| settings.since.days += 1,
    ];
    for (index, change) in changes.iter().enumerate() {
        let mut changed = settings();
        change(&mut changed);
        assert_ne!(token(&changed), token(&settings()), "change {index}");
    }
}

#[test]
fn a_skipped_field_does_not_count() {
    let retitled = Settings { title: "second attempt".to_owned(), ..settings() };
    assert_eq!(token(&retitled), token(&settings()));
}

#[test]
fn a_struct_is_its_fields_and_a_variant_its_name_and_fields() {
    #[derive(Tokenize)]
    struct Pair(u8, &'static str);
    #[derive(Tokenize)]
    struct Unit;
    assert_eq!(token(&Pair(1, "a")), token(&(1_u8, "a")));
    assert_eq!(token(&Unit), token(&()));
    assert_eq!(token(&Kernel::Linear), token("Linear"));
    assert_eq!(token(&Kernel::Gaussian { width: 0.5 }), token(&("Gaussian", 0.5)));
}

#[test]
fn variants_may_be_moved_and_added() {
    mod later {
        use lazy_runtime::prelude::*;

        #[derive(Tokenize)]
        #[allow(dead_code, reason = "added, and not used")]
        pub(super) enum Kernel {
            Cubic,
            Gaussian { width: f64 },
            Linear,
        }
    }
    assert_eq!(token(&later::Kernel::Linear), token(&Kernel::Linear));
    assert_eq!(
        token(&later::Kernel::Gaussian { width: 1.0 }),
        token(&Kernel::Gaussian { width: 1.0 })
    );
}

#[test]
fn generic_types_write_what_they_hold() {
    #[derive(Tokenize)]
    struct Window<T, const N: usize> {
        items: [T; N],
        start: usize,
    }
    let window = Window { items: ["a", "b"], start: 3 };
    assert_eq!(token(&window), token(&(["a", "b"], 3_usize)));
}

#[delayed(pure, name = "fit")]
fn train(settings: &Settings, folds: Vec<u32>) -> f64 {
    settings.rate * f64::from(folds.iter().sum::<u32>())
}

#[delayed(cache)]
fn largest<T: Ord + Copy + HeapSize + Send + Sync + 'static>(items: Vec<T>, least: T) -> T {
    items.into_iter().max().unwrap_or(least)
}

#[delayed]
fn load(n: u32) -> u32 {
    n
}

#[derive(Clone, Tokenize)]
struct Model(f64);

#[delayed]
impl Model {
    #[delayed(pure)]
    fn score(&self, x: f64) -> f64 {
        self.0 * x
    }

    #[delayed(pure)]
    fn scaled(self, by: f64) -> Result<Model, String> {
        Ok(Model(self.0 * by))
    }
}

#[test]
fn equal_calls_of_a_pure_function_have_one_key() {
    let call = train(settings(), vec![1, 2]);
    assert_eq!(call.key(), train(settings(), vec![1, 2]).key());
    assert_ne!(call.key(), train(settings(), vec![2, 1]).key());
    assert_ne!(call.key(), train(Settings { rate: 0.2, ..settings() }, vec![1, 2]).key());
    assert!(call.key().is_stable());
    assert_eq!(call.key().name(), "fit");
}

#[test]
fn type_parameters_are_part_of_a_key() {
    assert_eq!(largest(vec![1_u8], 0).key(), largest(vec![1_u8], 0).key());
    assert_ne!(largest(vec![1_u8], 0).key().token(), largest(vec![1_i8], 0).key().token());
}

#[test]
fn a_pure_call_on_pure_calls_is_pure() {
    let score = |x| largest(vec![largest(vec![1, 2], x), delayed_one()], 0);
    fn delayed_one() -> Delayed<i32> {
        largest(vec![1], 1)
    }
    assert_eq!(score(5).key(), score(5).key());
    assert_ne!(score(5).key(), score(6).key());
    assert!(score(5).key().is_stable());
}

#[test]
fn what_depends_on_a_call_that_is_not_pure_is_of_this_process() {
    let n = load(5);
    let call = largest(vec![n.clone()], 0);
    assert!(!call.key().is_stable());
    assert_eq!(call.key(), largest(vec![&n], 0).key());
    assert_ne!(call.key(), largest(vec![load(5)], 0).key());
}

#[test]
fn the_receiver_of_a_pure_method_is_an_argument() {
    let model = delayed(Model(2.0));
    assert_eq!(model.score(1.0).key(), model.score(1.0).key());
    assert_ne!(model.score(1.0).key(), model.score(2.0).key());
    assert_ne!(model.score(1.0).key(), delayed(Model(2.0)).score(1.0).key());
    assert_eq!(model.scaled(2.0).scaled(3.0).key(), model.scaled(2.0).scaled(3.0).key());
    assert_eq!(model.scaled(3.0).score(2.0).compute().unwrap(), 12.0);
}

#[test]
fn another_process_gives_the_same_token() {
    const CHILD: &str = "TOKEN_OF_THE_CHILD";
    let call = train(settings(), vec![largest(vec![1, 2], 0)]);
    let ours = format!("{:032x} {}", token(&settings()), call.key());
    if std::env::var_os(CHILD).is_some() {
        // Hash maps are seeded anew in each process; the parent looks for this line.
        eprintln!("token={ours}");
        return;
    }
    let program = std::env::current_exe().unwrap();
    let name = "another_process_gives_the_same_token";
    let child = Command::new(program)
        .args(["--exact", name, "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&child.stderr);
    let theirs = printed.lines().find_map(|line| line.split_once("token=")).unwrap().1;
    assert_eq!(theirs.trim(), ours);
}

#[test]
fn a_key_that_is_not_of_a_pure_call_is_of_this_process() {
    let data = delayed(1);
    assert!(!data.key().is_stable());
    assert_ne!(token(&data), token(&delayed(1)));
    assert_eq!(token(&data), token(&data.clone()));
}
