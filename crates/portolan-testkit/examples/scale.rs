//! Writes a catalog of so many models, to measure with: `cargo run --example scale -- 100000`.

#![expect(clippy::print_stdout, reason = "an example prints")]

fn main() {
    let models = std::env::args().nth(1).and_then(|n| n.parse().ok());
    print!(
        "{}",
        portolan_testkit::scale::catalog(models.unwrap_or(1_000))
    );
}
