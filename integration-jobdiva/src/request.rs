//! What a call looks like on the wire, from its operation's spec and the values of its parameters. Pure.
//!
//! Absent: the token, the base URL and the sending, which are `client.rs`.

use serde_json::{Map, Value};

use crate::operations::{Method, Paging, Param, ParamEncoding, Spec};

/// A request, but for where and with which token it goes.
pub(crate) struct Request {
    /// The verb.
    pub(crate) method: Method,
    /// The parameters of the query, in order.
    pub(crate) query: Vec<(String, String)>,
    /// The body, where there is one.
    pub(crate) body: Option<Map<String, Value>>,
}

/// Which part of an answer is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// All there is.
    Whole,
    /// A page, by what its spec counts.
    At(u64),
}

impl Request {
    /// The request for these values; a value whose parameter the tenant's API does not take is left out.
    pub(crate) fn new(
        spec: &Spec,
        values: &[(Param, &str)],
        user_fields: &[&str],
        part: Part,
    ) -> Self {
        let mut pairs: Vec<(&str, Value)> = Vec::new();
        for (param, name) in spec.params.iter().filter(|(_, name)| !name.is_empty()) {
            if *param == Param::UserFields {
                pairs.extend(list(spec.param_encoding, name, user_fields));
                continue;
            }
            let given = values.iter().find(|(own, _)| own == param);
            pairs.extend(given.map(|(_, value)| (name.as_str(), value_of(*param, value))));
        }
        for (name, value) in &spec.static_params {
            pairs.push((name, Value::from(value.as_str())));
        }
        pairs.extend(paging(&spec.paging, part));
        let (query, body) = if spec.param_encoding == ParamEncoding::JsonBody {
            let body = pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            (Vec::new(), Some(body))
        } else {
            let text = |value: Value| match value {
                Value::String(text) => text,
                Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::Array(_)
                | Value::Object(_) => value.to_string(),
            };
            (pairs.into_iter().map(|(name, value)| (name.to_owned(), text(value))).collect(), None)
        };
        Self { method: spec.method, query, body }
    }
}

/// The client id is a number of up to 64 bits; every other value travels as text, which the service reads as well.
fn value_of(param: Param, value: &str) -> Value {
    match value.parse::<u64>() {
        Ok(number) if param.is_number() => Value::from(number),
        Ok(_) | Err(_) => Value::from(value),
    }
}

fn list<'a>(encoding: ParamEncoding, name: &'a str, values: &[&str]) -> Vec<(&'a str, Value)> {
    if values.is_empty() {
        return Vec::new();
    }
    match encoding {
        ParamEncoding::Repeat => values.iter().map(|value| (name, Value::from(*value))).collect(),
        ParamEncoding::Csv => vec![(name, Value::from(values.join(",")))],
        ParamEncoding::JsonBody => vec![(name, Value::from(values.to_vec()))],
    }
}

fn paging(paging: &Paging, part: Part) -> Vec<(&str, Value)> {
    let Part::At(place) = part else { return Vec::new() };
    let text = |number: u64| Value::from(number.to_string());
    match paging {
        Paging::None => Vec::new(),
        Paging::Page { size, number_name, size_name, .. } => {
            vec![(number_name, text(place)), (size_name, text(u64::from(*size)))]
        }
        Paging::Offset { size, offset_name, size_name, .. } => {
            vec![(size_name, text(u64::from(*size))), (offset_name, text(place))]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::{Operation, PageBase};

    fn query(spec: &Spec, part: Part) -> String {
        let values = [(Param::To, "t"), (Param::From, "f"), (Param::Candidate, "c")];
        let request = Request::new(spec, &values, &["A B", "C"], part);
        assert!(request.body.is_none());
        let pairs: Vec<String> =
            request.query.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("&")
    }

    #[test]
    fn a_list_is_repeated_or_joined() {
        let mut spec = Operation::PayDelta.usual();
        assert_eq!(
            query(&spec, Part::Whole),
            "fromDate=f&toDate=t&userFieldsName=A B&userFieldsName=C"
        );
        spec.param_encoding = ParamEncoding::Csv;
        assert_eq!(query(&spec, Part::Whole), "fromDate=f&toDate=t&userFieldsName=A B,C");
    }

    #[test]
    fn names_parameters_and_pages_are_the_tenants() {
        let mut spec = Operation::PayDelta.usual();
        spec.params.insert(Param::From, "since".into());
        spec.params.insert(Param::UserFields, String::new());
        spec.static_params.insert("alternateFormat".into(), "true".into());
        let (number_name, size_name) = ("pageNumber".into(), "pageSize".into());
        spec.paging = Paging::Page { base: PageBase::One, size: 25, number_name, size_name };
        assert_eq!(
            query(&spec, Part::At(3)),
            "since=f&toDate=t&alternateFormat=true&pageNumber=3&pageSize=25"
        );
    }

    #[test]
    fn a_body_holds_a_large_client_id_as_a_number() {
        let values = [(Param::ClientId, "18446744073709551615"), (Param::Password, "7")];
        let request = Request::new(&Operation::LoginV2Login.usual(), &values, &[], Part::Whole);
        let body = serde_json::to_string(&request.body.unwrap()).unwrap();
        assert_eq!(body, r#"{"clientId":18446744073709551615,"password":"7"}"#);
        assert!(request.query.is_empty());
    }

    #[test]
    fn a_search_may_go_into_the_query() {
        let mut spec = Operation::PlacementCensus.usual();
        spec.param_encoding = ParamEncoding::Repeat;
        let request = Request::new(&spec, &[(Param::StartFrom, "d")], &[], Part::At(0));
        let names: Vec<&str> = request.query.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["startDateFrom", "maxreturned", "offset"]);
    }
}
