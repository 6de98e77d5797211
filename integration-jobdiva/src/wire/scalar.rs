//! Flags, ids, and amounts that may come as money text. Exact: no float is involved.

use workflow_core::money::Decimal;

/// A yes or no.
pub(crate) fn flag(text: &str) -> Result<bool, &'static str> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "y" => Ok(true),
        "0" | "false" | "no" | "n" => Ok(false),
        _ => Err("is neither yes nor no"),
    }
}

/// An id: digits; `None` for zero, by which an absent reference is sometimes written.
pub(crate) fn id(text: &str) -> Result<Option<&str>, &'static str> {
    if text.is_empty() || text.len() > 20 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err("is no id of digits");
    }
    Ok((!text.bytes().all(|b| b == b'0')).then_some(text))
}

/// An amount with what is written around it: `$62.98/H`, `USD 1,250.00`, `50.00 / Hour`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Money {
    /// The amount.
    pub(crate) amount: Decimal,
    /// What stands before the slash beside the amount; `None` for nothing and for `$`, which many countries use.
    pub(crate) currency: Option<String>,
    /// What stands after the slash.
    pub(crate) unit: Option<String>,
}

/// Reads an amount. Exactly one number may stand before the slash: a range is no amount.
pub(crate) fn money(text: &str) -> Result<Money, &'static str> {
    let (front, unit) = match text.split_once('/') {
        Some((front, unit)) => (front.trim(), Some(unit.trim())),
        None => (text.trim(), None),
    };
    let digit = |c: char| c.is_ascii_digit();
    let first = front.find(|c: char| digit(c) || c == '.').ok_or("has no amount")?;
    let last = front.rfind(|c: char| digit(c) || c == '.').ok_or("has no amount")?;
    let (before, number, after) = (&front[..first], &front[first..=last], &front[last + 1..]);
    let negative = before.ends_with('-');
    let around: String = before.strip_suffix('-').unwrap_or(before).to_owned() + after;
    if around.contains(['-', '(', ')']) {
        return Err("is no plain amount");
    }
    let amount = Decimal::from_str_exact(&ungrouped(number)?).map_err(|_| "is no amount")?;
    let currency = around.trim().trim_matches('$').trim();
    Ok(Money {
        amount: if negative { -amount } else { amount },
        currency: (!currency.is_empty()).then(|| currency.to_owned()),
        unit: unit.filter(|unit| !unit.is_empty()).map(str::to_owned),
    })
}

/// The digits without the commas that group thousands.
fn ungrouped(number: &str) -> Result<String, &'static str> {
    let wrong = "is no plain amount";
    let (whole, fraction) = match number.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (number, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let mut groups = whole.split(',');
    let head = groups.next().unwrap_or_default();
    let groups: Vec<&str> = groups.collect();
    let grouped = groups.is_empty() || (digits(head) && head.len() <= 3);
    if !grouped || !groups.iter().all(|group| group.len() == 3 && digits(group)) {
        return Err(wrong);
    }
    let whole = format!("{head}{}", groups.concat());
    let whole = if whole.is_empty() { "0" } else { &whole };
    if !digits(whole) || !fraction.is_none_or(digits) {
        return Err(wrong);
    }
    Ok(fraction.map_or_else(|| whole.to_owned(), |fraction| format!("{whole}.{fraction}")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> (String, Option<String>, Option<String>) {
        let money = money(text).unwrap();
        (money.amount.normalize().to_string(), money.currency, money.unit)
    }

    #[test]
    fn money_texts_are_read() {
        let text = |t: &str| Some(t.to_owned());
        assert_eq!(read("95"), ("95".into(), None, None));
        assert_eq!(read("$62.98/H"), ("62.98".into(), None, text("H")));
        assert_eq!(read("$50.00 / Hour"), ("50".into(), None, text("Hour")));
        assert_eq!(read("1,250.00"), ("1250".into(), None, None));
        assert_eq!(read("USD 42.5/Day"), ("42.5".into(), text("USD"), text("Day")));
        assert_eq!(read("42.5 CAD"), ("42.5".into(), text("CAD"), None));
        assert_eq!(read("€50/H"), ("50".into(), text("€"), text("H")));
        assert_eq!(read("C$50"), ("50".into(), text("C"), None));
        assert_eq!(read(".5"), ("0.5".into(), None, None));
    }

    #[test]
    fn what_is_no_single_amount_is_refused() {
        for text in [
            "",
            "TBD",
            "95-100/H",
            "85 to 100",
            "1.250,00",
            "1,25",
            "(50.00)",
            "1e3",
            "50.",
            "1.2.3",
            "-$5",
            "12,345,67",
            "٣",
        ] {
            assert!(money(text).is_err(), "{text}");
        }
    }

    #[test]
    fn flags_and_ids() {
        assert_eq!(flag("Yes"), Ok(true));
        assert_eq!(flag("0"), Ok(false));
        assert!(flag("maybe").is_err());
        assert_eq!(id("70011000042"), Ok(Some("70011000042")));
        assert_eq!(id("0"), Ok(None));
        for bad in ["", "a", "1/2", "-1", "1.0", "123456789012345678901"] {
            assert!(id(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}") {
            let _ = (money(&text), flag(&text), id(&text));
        }

        #[test]
        fn no_money_like_text_makes_it_panic(text in r"[-$0-9.,/ ()HeE€]{0,16}") {
            let _ = money(&text);
        }

        #[test]
        fn an_amount_reads_back(units in -1_000_000_000i64..1_000_000_000, scale in 0u32..6) {
            let amount = Decimal::new(units, scale);
            let read = money(&format!("{amount}/H")).unwrap();
            prop_assert_eq!(read.amount.to_string(), amount.to_string());
            prop_assert_eq!(read.unit.as_deref(), Some("H"));
        }
    }
}
