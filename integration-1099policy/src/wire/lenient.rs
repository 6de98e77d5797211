//! Scalars as 1099Policy writes them: numbers as texts, texts as numbers, `"null"` for nothing, moments as Unix
//! seconds or ISO 8601. Reading one never fails; what makes no sense is absent.

use std::collections::BTreeMap;

use jiff::civil;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use workflow_core::money::Decimal;
use workflow_core::time::Timestamp;

/// A text; a number becomes its digits, empty and `"null"` nothing.
pub(crate) fn text_of(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    (!text.is_empty() && text != "null").then_some(text)
}

/// A whole number, exact; a fraction is no number here.
pub(crate) fn whole_of(value: &Value) -> Option<i64> {
    let decimal: Decimal = text_of(value)?.parse().ok()?;
    decimal.is_integer().then(|| i64::try_from(decimal).ok()).flatten()
}

/// A moment: Unix seconds as number or text, or ISO 8601, UTC where no zone is told.
pub(crate) fn moment_of(value: &Value) -> Option<Timestamp> {
    if let Some(secs) = whole_of(value) {
        return Some(Timestamp::from_secs(secs));
    }
    let text = text_of(value)?;
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        return Some(moment.into());
    }
    let local = text.parse::<civil::DateTime>().ok()?;
    Some(local.to_zoned(TimeZone::UTC).ok()?.timestamp().into())
}

/// A yes or no, also as text or as 0 and 1.
pub(crate) fn flag_of(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        Value::Number(number) => number.as_i64().map(|number| number != 0),
        Value::String(_) | Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

pub(crate) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(text_of(&Value::deserialize(from)?))
}

pub(crate) fn whole<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    Ok(whole_of(&Value::deserialize(from)?))
}

pub(crate) fn moment<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(moment_of(&Value::deserialize(from)?))
}

pub(crate) fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<Option<bool>, D::Error> {
    Ok(flag_of(&Value::deserialize(from)?))
}

/// A map of texts, as `custom_metadata` is; anything else is empty.
pub(crate) fn texts<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    let value = Value::deserialize(from)?;
    let pairs = value.as_object().into_iter().flatten();
    Ok(pairs.filter_map(|(key, value)| Some((key.clone(), text_of(value)?))).collect())
}

/// Any of the links in an object of links: whether there is one at all.
pub(crate) fn any_link<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    let value = Value::deserialize(from)?;
    Ok(value.as_object().into_iter().flatten().any(|(_, link)| text_of(link).is_some()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_may_be_texts() {
        for (value, expected) in [
            (json!(82), Some(82)),
            (json!("82"), Some(82)),
            (json!(82.0), Some(82)),
            (json!("82.5"), None),
            (json!("null"), None),
            (json!(null), None),
            (json!([82]), None),
            (json!("9223372036854775808"), None),
        ] {
            assert_eq!(whole_of(&value), expected, "{value}");
        }
        assert_eq!(text_of(&json!(94607)).as_deref(), Some("94607"));
        assert_eq!(text_of(&json!("null")), None);
    }

    #[test]
    fn moments_are_seconds_or_iso() {
        let moment = Some(Timestamp::from_secs(1_764_300_000));
        for value in [
            json!(1_764_300_000),
            json!("1764300000"),
            json!("2025-11-28T03:20:00Z"),
            json!("2025-11-28T03:20:00"),
            json!("2025-11-27T22:20:00-05:00"),
        ] {
            assert_eq!(moment_of(&value), moment, "{value}");
        }
        assert_eq!(moment_of(&json!("2025-11-28")), Some(Timestamp::from_secs(1_764_288_000)));
        assert_eq!(moment_of(&json!("tomorrow")), None);
    }
}
