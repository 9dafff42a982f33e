use lazy_runtime::prelude::*;

#[derive(Clone)]
struct Date {
    days: u64,
}

#[delayed(pure)]
fn age(born: Date, now: &Date) -> u64 {
    now.days - born.days
}

#[delayed(cache)]
fn oldest(dates: Vec<Date>, by: &Option<Date>) -> u64 {
    dates.iter().chain(by).map(|date| date.days).max().unwrap_or(0)
}

#[delayed(pure)]
fn apply<F: Fn(f64) -> f64 + Clone + Send + Sync + 'static>(f: F, x: f64) -> f64 {
    f(x)
}

#[derive(Clone)]
struct Calendar;

#[delayed]
impl Calendar {
    #[delayed(pure)]
    fn age(&self, born: Date) -> u64 {
        born.days
    }
}

fn main() {
    // A `Delayed` has a token whatever its value.
    let date = delayed(Date { days: 1 });
    let _ = age(&date, &date);
    let _ = age(Date { days: 1 }, Date { days: 2 });
    let _ = oldest(vec![Date { days: 1 }], None);
    let by = 2.0;
    let _ = apply(move |x| x * by, 1.0);
    let _ = delayed(Calendar).age(Date { days: 1 });
}
