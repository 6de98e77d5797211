//! The last part of a webhook's address: unguessable, so that only who was told it can knock.
//!
//! A signature protects what is taken in; the address protects the door from whoever would try. Absent: the hooks
//! themselves (`ingress.rs`).

/// So many random bits an endpoint has at least.
pub const BITS_MIN: u32 = 128;

/// Words that people write where something random is meant.
///
/// None is of hexadecimal digits alone, so that what is made never holds one.
const WORDS: [&str; 21] = [
    "acme", "change", "default", "demo", "door", "endpoint", "example", "hook", "jobdiva",
    "letter", "made-by", "password", "policy", "prod", "qwer", "random", "runner", "secret",
    "staging", "test", "token",
];

/// Why somebody could guess an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Guessable {
    /// It holds what an address cannot carry as it is.
    #[error("it has characters other than letters, digits, - and _")]
    Characters,
    /// Even if it were random, it would not be long enough.
    #[error("it has at most {bits} random bits, fewer than {BITS_MIN}")]
    Short {
        /// The most that it can have.
        bits: u32,
    },
    /// It is not random.
    #[error("it is not random: {why}")]
    Pattern {
        /// What gives it away; nothing of the endpoint itself.
        why: &'static str,
    },
}

/// A new endpoint: 160 random bits in hexadecimal.
pub fn made() -> Result<String, getrandom::Error> {
    loop {
        let mut bytes = [0; 20];
        getrandom::fill(&mut bytes)?;
        let endpoint = hex::encode(bytes);
        if check(&endpoint, &[]).is_ok() {
            return Ok(endpoint);
        }
    }
}

/// Whether nobody can guess an endpoint. `names` are the tenant's own, which everybody guesses first.
pub fn check(text: &str, names: &[&str]) -> Result<(), Guessable> {
    if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
        return Err(Guessable::Characters);
    }
    let bits = bits_at_most(text);
    if bits < BITS_MIN {
        return Err(Guessable::Short { bits });
    }
    let lower = text.to_ascii_lowercase();
    let names = names.iter().filter(|name| name.len() >= 5).map(|name| name.to_ascii_lowercase());
    let mut words = WORDS.iter().map(|word| (*word).to_owned()).chain(names);
    let why = if words.any(|word| lower.contains(&word)) {
        "it holds a word"
    } else if reads_like_words(text) {
        "it reads like words"
    } else if distinct(&lower) < 8 {
        "it has few different characters"
    } else if has_run(lower.as_bytes()) {
        "it has a run of equal or successive characters"
    } else if repeats(lower.as_bytes()) {
        "it repeats itself"
    } else {
        return Ok(());
    };
    Err(Guessable::Pattern { why })
}

/// The bits of a random text of this length over the alphabet that it shows; marks between groups count for nothing.
fn bits_at_most(text: &str) -> u32 {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    if groups == [8, 4, 4, 4, 12] {
        // A random UUID (version 4): six of its 128 bits are fixed.
        return 122;
    }
    let signs = || text.bytes().filter(u8::is_ascii_alphanumeric);
    let any = |is: fn(&u8) -> bool| signs().any(|sign| is(&sign));
    let beyond_hex = |sign: &u8| sign.is_ascii_alphabetic() && !sign.is_ascii_hexdigit();
    let (lower, upper) = (any(u8::is_ascii_lowercase), any(u8::is_ascii_uppercase));
    let letters: u32 = match (any(beyond_hex), lower && upper) {
        (_, true) => 52,
        (true, false) => 26,
        (false, false) => u32::from(lower || upper) * 6,
    };
    let alphabet = letters + if any(u8::is_ascii_digit) { 10 } else { 0 };
    // In hundredths of a bit, so that nothing here is a float.
    let hundredths: usize = match alphabet {
        0..=6 => 258,
        7..=10 => 332,
        11..=16 => 400,
        17..=26 => 470,
        27..=36 => 516,
        37..=52 => 570,
        _ => 595,
    };
    u32::try_from(signs().count() * hundredths / 100).unwrap_or(u32::MAX)
}

/// No digit, one case, and as many vowels as a language has.
fn reads_like_words(text: &str) -> bool {
    let letters: Vec<char> = text.chars().filter(char::is_ascii_alphabetic).collect();
    let vowels = letters.iter().filter(|c| "aeiouAEIOU".contains(**c)).count();
    let one_case = letters.iter().all(char::is_ascii_lowercase)
        || letters.iter().all(char::is_ascii_uppercase);
    !text.contains(|c: char| c.is_ascii_digit()) && one_case && vowels * 10 >= letters.len() * 3
}

fn distinct(text: &str) -> usize {
    text.bytes().collect::<std::collections::BTreeSet<u8>>().len()
}

/// Eight equal characters, or eight that follow each other, in a row.
fn has_run(text: &[u8]) -> bool {
    let steps = [0i16, 1, -1];
    text.windows(8).any(|eight| {
        steps.iter().any(|step| {
            eight.windows(2).all(|pair| i16::from(pair[1]) - i16::from(pair[0]) == *step)
        })
    })
}

/// Whether it is one part again and again.
fn repeats(text: &[u8]) -> bool {
    (1..=text.len() / 2)
        .any(|period| text.iter().zip(&text[period..]).all(|(one, later)| one == later))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_is_good_and_never_the_same() {
        let made: Vec<String> = (0..200).map(|_| made().unwrap()).collect();
        for endpoint in &made {
            assert_eq!(check(endpoint, &["acme"]), Ok(()), "{endpoint}");
        }
        assert_eq!(made.iter().collect::<std::collections::BTreeSet<_>>().len(), 200);
    }

    #[test]
    fn what_somebody_could_guess_is_refused() {
        let short = |bits| Err(Guessable::Short { bits });
        let pattern = |why| Err(Guessable::Pattern { why });
        for (text, expected) in [
            ("", short(0)),
            ("demo-endpoint-0001", short(82)),
            ("0123456789012345678901234567890", short(102)),
            ("9f86d081884c7d659a2feaa0c55ad01", short(124)),
            ("f47ac10b-58cc-4372-a567-0e02b2c3d479", short(122)),
            ("jd/9f86d081884c7d659a2feaa0c55ad015", Err(Guessable::Characters)),
            ("at-least-16-random-letters-and-digits", pattern("it holds a word")),
            ("9f86d081884c7d659a2feaa0c55ad015-globex", pattern("it holds a word")),
            ("correct-horse-battery-staple-on-the-moon", pattern("it reads like words")),
            ("aaaaabbbbbaaaaabbbbbaaaaabbbbb12", pattern("it has few different characters")),
            (
                "9f86d081884c7d659a2f00000000ad015a",
                pattern("it has a run of equal or successive characters"),
            ),
            ("k3x9q7r2k3x9q7r2k3x9q7r2k3x9q7r2", pattern("it repeats itself")),
        ] {
            assert_eq!(check(text, &["globex"]), expected, "{text}");
        }
        for good in [
            "9f86d081884c7d659a2feaa0c55ad015",
            "u7Qm2xZr9LwPdE4sVbKc1n",
            "4k9x2m7q1w8z3p6v5t0r4y8n2b",
        ] {
            assert_eq!(check(good, &["globex"]), Ok(()), "{good}");
        }
    }
}
