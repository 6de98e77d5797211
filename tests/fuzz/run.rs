//! The search: inputs that took a road nobody took before are kept and changed further; one that breaks a promise is made
//! small and reported.
//!
//! A road is what a target says of an input: which variant, which fields, how many by order of magnitude. It stands in for the
//! compiler's counters, which need an unstable toolchain, and knows more of what the code means.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::corpus;
use super::mutate::{Random, mutated};
use super::targets::Target;

/// How many inputs are tried when nothing is said: a second or two, unoptimized.
const INPUTS: u64 = 1_500;
/// Where the search begins when nothing is said.
const SEED: u64 = 20_260_324;
/// The longest input: the doors take 256 KiB, but what is found is found in less.
const INPUT_BYTES_MAX: usize = 16 << 10;
/// How many tries making an input small may take.
const SHRINKS_MAX: usize = 4_000;
/// How many new roads are followed: a target whose words have no end would fill the memory.
const POOL_MAX: usize = 20_000;

/// How long a search goes on.
#[derive(Clone, Copy, Debug)]
pub enum Limit {
    /// So many inputs.
    Inputs(u64),
    /// So long.
    Time(Duration),
}

/// What a search that broke nothing came to.
#[derive(Debug)]
pub struct Searched {
    /// Inputs tried.
    pub inputs: u64,
    /// Different roads they took.
    pub roads: usize,
    /// Inputs that took new ones, beside those of the corpus.
    pub found: Vec<Vec<u8>>,
}

/// An input that breaks a promise.
#[derive(Debug)]
pub struct Finding {
    /// The input, made small.
    pub input: Vec<u8>,
    /// What was said.
    pub why: String,
}

/// Searches as the environment says; fails on a finding.
pub fn fuzz(target: &Target) {
    let number = |name| env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (limit, seed) = match number("FUZZ_SECS") {
        Some(secs) => (Limit::Time(Duration::from_secs(secs)), of_the_moment()),
        None => (Limit::Inputs(INPUTS), SEED),
    };
    let seed = number("FUZZ_SEED").unwrap_or(seed);
    let corpus = corpus::read(target.name);
    let kept = corpus.len();
    match search(target, corpus, limit, seed) {
        Ok(Searched { inputs, roads, found }) => {
            println!(
                "{}: {inputs} inputs, {roads} roads, {kept} kept and {} new, FUZZ_SEED={seed}",
                target.name,
                found.len()
            );
            if env::var("FUZZ_KEEP").is_ok_and(|keep| keep == "1") {
                found.iter().for_each(|input| corpus::keep(target.name, input));
            }
        }
        Err(finding) => {
            let Finding { input, why } = *finding;
            let file = corpus::report(target.name, &input);
            panic!(
                "{}: {why}\nFUZZ_SEED={seed}; {} bytes in {}: {:?}",
                target.name,
                input.len(),
                file.display(),
                String::from_utf8_lossy(&input[..input.len().min(400)])
            );
        }
    }
}

fn of_the_moment() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_nanos() as u64
}

/// Searches from a corpus.
pub fn search(
    target: &Target,
    corpus: Vec<Vec<u8>>,
    limit: Limit,
    seed: u64,
) -> Result<Searched, Box<Finding>> {
    let began = Instant::now();
    let mut random = Random::new(seed);
    let mut roads = BTreeSet::new();
    let mut pool = Vec::new();
    for input in corpus {
        roads.insert(tried(target, &input)?);
        pool.push(input);
    }
    let kept = pool.len();
    let mut inputs = kept as u64;
    loop {
        let over = match limit {
            Limit::Inputs(most) => inputs >= most,
            // Looking at the clock costs more than a short input.
            Limit::Time(time) => inputs.is_multiple_of(64) && began.elapsed() >= time,
        };
        if over {
            let found = pool.split_off(kept);
            return Ok(Searched { inputs, roads: roads.len(), found });
        }
        let mut input = mutated(&pool, target.words, &mut random);
        input.truncate(INPUT_BYTES_MAX);
        inputs += 1;
        if roads.insert(tried(target, &input)?) && pool.len() < POOL_MAX {
            pool.push(input);
        }
    }
}

thread_local! {
    /// Whether this thread tries inputs: what they break is said once, at the end.
    static TRYING: Cell<bool> = const { Cell::new(false) };
}

/// Keeps panics of inputs out of the output, and leaves all others in.
fn hush() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !TRYING.get() {
                usual(panic);
            }
        }));
    });
}

/// The road of an input, or what it breaks.
fn tried(target: &Target, input: &[u8]) -> Result<String, Box<Finding>> {
    hush();
    TRYING.set(true);
    let tried = road(target, input);
    TRYING.set(false);
    tried
}

fn road(target: &Target, input: &[u8]) -> Result<String, Box<Finding>> {
    let said = |input: &[u8]| catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
    let payload = match said(input) {
        Ok(road) => return Ok(road),
        Err(payload) => payload,
    };
    let text = payload.downcast_ref::<String>().cloned();
    let text = text.or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    let small = shrunk(input.to_vec(), |input| said(input).is_err());
    Err(Box::new(Finding { input: small, why: text.unwrap_or_default() }))
}

/// Takes pieces away for as long as the promise stays broken.
fn shrunk(mut input: Vec<u8>, breaks: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let (mut piece, mut tries) = (input.len().div_ceil(2), 0);
    while piece > 0 {
        let mut at = 0;
        while at < input.len() && tries < SHRINKS_MAX {
            let mut less = input.clone();
            less.drain(at..(at + piece).min(input.len()));
            tries += 1;
            if breaks(&less) { input = less } else { at += piece }
        }
        piece /= 2;
    }
    input
}
