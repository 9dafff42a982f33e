//! What users see when they misuse `#[delayed]`, and shapes that must keep compiling.
//!
//! After a change on purpose: `TRYBUILD=overwrite cargo test -p tests --test ui`, then read each `.stderr` line by line.

#[test]
fn messages_say_what_is_wrong_and_what_to_write() {
    trybuild::TestCases::new().compile_fail("ui/fail/*/*.rs");
}

#[test]
fn accepted_shapes_compile_and_run() {
    trybuild::TestCases::new().pass("ui/pass/*/*.rs");
}
