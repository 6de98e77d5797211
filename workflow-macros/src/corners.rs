//! Corners that no file of `tests/ui` has: a door with one thing replaced, and what is said of it.
//!
//! Read next: `pinned.rs`, where the files are held against the macro.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use super::expand;
use super::pinned::messages;

const DOOR: &str = "mod door {
    enum State { Shut, Ajar { degrees: u32 }, #[terminal] Gone }
    enum Event { Hung, Pushed { degrees: u32 }, Pulled, TakenOut }
    use {Event::*, State::*};
    fn begin(event: Event) -> Option<State> {
        match event { Hung => Some(Shut), _ => None }
    }
    fn evolve(state: State, event: Event) -> Option<State> {
        match (state, event) {
            (Shut, Pushed { degrees }) => Some(Ajar { degrees }),
            (Ajar { .. }, Pulled) => Some(Shut),
            (Shut | Ajar { .. }, TakenOut) => Some(Gone),
            _ => None,
        }
    }
}";

const RULE: &str = "the last arm is the refusal: `_ => None`";
const HIDDEN: &str = "cannot see which state this leads to; write `Some(TheState { .. })`.\nA transition has one \
                      target: when there are two, `decide` should record two different events";
const REFUSES: &str = "a transition takes every `Pushed`, and this would refuse some: bind the field.\nIts value is \
                       judged in `decide`, which records a different event for each outcome";
const UNSEEN: &str = "cannot see which state this is; write a state as its enum names it";
const SUBJECT: &str = "match on `(state, event)` and nothing else";
const PARAMETERS: &str = "takes no parameters: a machine is one table";

fn door(replaced: &[(&str, &str)]) -> TokenStream {
    let mut source = DOOR.to_owned();
    for (from, to) in replaced {
        assert_eq!(source.matches(from).count(), 1, "`{from}` stands there once");
        source = source.replace(from, to);
    }
    expand(TokenStream::new(), source.parse().unwrap())
}

/// Exactly these messages.
#[track_caller]
fn says(replaced: &[(&str, &str)], expected: &[&str]) {
    assert_eq!(messages(door(replaced)), expected);
}

/// No message, and the same table.
#[track_caller]
fn is_the_same(replaced: &[(&str, &str)]) {
    let table = |tokens: TokenStream| {
        let text = tokens.to_string();
        let (_, after) = text.split_once("const EDGES").unwrap();
        after.split_once("const TERMINAL").unwrap().0.to_owned()
    };
    says(replaced, &[]);
    assert_eq!(table(door(replaced)), table(door(&[])));
}

#[test]
fn one_slip_is_one_message() {
    says(
        &[("#[terminal] Gone", "Gone")],
        &["nothing leaves `Gone`: add a transition, or mark it `#[terminal]`"],
    );
    says(
        &[(
            "(Shut | Ajar { .. }, TakenOut) => Some(Gone)",
            "(Ajar { .. }, TakenOut) => Some(Shut)",
        )],
        &["`Gone` is unreachable: no log leads to it"],
    );
    // The graph is not judged while an arm is not understood: nobody else accepts `TakenOut`.
    says(
        &[("(Shut | Ajar { .. }, TakenOut)", "(Shut | Ajarr, TakenOut)")],
        &["`Ajarr` is not a state; as a pattern it would match every state; did you mean `Ajar`?"],
    );
    says(
        &[("(Ajar { .. }, Pulled)", "(Ajar { .. }, Puled | Knocked)")],
        &[
            "`Puled` is not an event; as a pattern it would match every event; did you mean `Pulled`?",
            "`Knocked` is not an event; as a pattern it would match every event",
        ],
    );
    says(
        &[("Pulled, TakenOut", "Pulled, TakenOut, Knocked"), ("}, Pulled)", "}, Knockd | Pulled)")],
        &[
            "`Knockd` is not an event; as a pattern it would match every event; did you mean `Knocked`?",
        ],
    );
}

#[test]
fn two_slips_are_two_messages() {
    let lost_end = "Gone, Loop, #[terminal] Lost";
    says(
        &[
            ("Gone }", &format!("{lost_end} }}")),
            ("Some(Shut),\n", "Some(Loop), (Loop, Pulled) => Some(Loop),\n"),
        ],
        &[
            "`Lost` is unreachable: no log leads to it",
            "a log that reaches this can never end: no path from here to a terminal state",
        ],
    );
}

#[test]
fn rustc_says_nothing_again_beside_a_problem_of_ours() {
    assert!(door(&[("Pulled)", "Puled)")]).to_string().contains("non_snake_case"));
    assert!(!door(&[]).to_string().contains("non_snake_case"));
}

#[test]
fn a_name_is_not_empty() {
    let tokens = |arguments: &str| expand(arguments.parse().unwrap(), DOOR.parse().unwrap());
    assert_eq!(messages(tokens("name = \"\"")), ["a machine's name cannot be empty"]);
    assert!(tokens("name = \"\"").to_string().contains("NAME : & 'static str = \"door\""));
}

#[test]
fn patterns_may_be_written_in_several_ways() {
    is_the_same(&[("(Shut, Pushed { degrees })", "((Shut), (Pushed { degrees }))")]);
    is_the_same(&[("(Shut, Pushed { degrees })", "((Shut, Pushed { degrees }))")]);
    is_the_same(&[("(Shut, Pushed { degrees })", "(Shut, Pushed { degrees: (degrees) })")]);
    is_the_same(&[("(Shut, Pushed { degrees })", "(Shut, Pushed { degrees: &degrees })")]);
    is_the_same(&[("(Shut, Pushed { degrees })", "(Shut, Pushed { degrees: all @ _ })")]);
    is_the_same(&[("(Shut, Pushed { degrees })", "(Shut, Pushed { degrees: (some, _) })")]);
    is_the_same(&[(
        "(Shut, Pushed { degrees })",
        "(before @ State::Shut, fact @ Pushed { degrees })",
    )]);
    is_the_same(&[("(Ajar { .. }, Pulled)", "both @ (Ajar { .. }, Pulled)")]);
    is_the_same(&[("fn evolve(state", "fn evolve(mut state")]);
}

#[test]
fn a_field_takes_every_value() {
    for refusing in ["7", "all @ 7", "1..=7", "(1, _)", "&7", "(7)", "Narrow", "Some(degrees)"] {
        let field = format!("(Shut, Pushed {{ degrees: {refusing} }})");
        says(&[("(Shut, Pushed { degrees })", &field)], &[REFUSES]);
    }
}

#[test]
fn a_pattern_shows_its_state() {
    says(&[("(Ajar { .. }, Pulled)", "(ajar!(), Pulled)")], &[UNSEEN]);
    says(&[("(Ajar { .. }, Pulled)", "ajar_pulled!()")], &[UNSEEN]);
    says(&[("(Ajar { .. }, Pulled)", "(State::AJAR, Pulled)")], &[UNSEEN]);
    // Written out, rustc finds it as little as we do; declared, it may be anything.
    says(&[("(Ajar { .. }, Pulled)", "(State::Ajarr, Pulled)")], &[]);
    for declared in [
        "const Wide: State = State::Shut;",
        "struct Wide;",
        "static Wide: State = Shut;",
        "fn Wide() {}",
    ] {
        let also = format!("use {{Event::*, State::*}}; {declared}");
        let also = ("use {Event::*, State::*};", also.as_str());
        says(&[also, ("(Ajar { .. }, Pulled)", "(Wide, Pulled)")], &[UNSEEN]);
        says(&[also, ("(Ajar { .. }, Pulled)", "(self::Wide, Pulled)")], &[UNSEEN]);
        says(&[also, ("Some(Ajar { degrees })", "Some(Wide)")], &[HIDDEN]);
        says(&[also, ("Some(Ajar { degrees })", "Some(Wide())")], &[HIDDEN]);
    }
}

#[test]
fn the_last_arm_alone_refuses_and_names_nothing() {
    for last in ["(_, _) => None", "other => None", "_ => Some(Gone)"] {
        says(
            &[(
                "TakenOut) => Some(Gone),\n            _ => None",
                &format!("TakenOut) => Some(Gone), {last}"),
            )],
            &[RULE],
        );
    }
    says(
        &[("TakenOut) => Some(Gone),\n            _ => None", "TakenOut) => None")],
        &["`None` is the refusal and belongs to the last arm alone: leave this pair out"],
    );
    says(
        &[(
            "TakenOut) => Some(Gone),\n            _ => None",
            "TakenOut) => Some(Gone), other => Some(Gone)",
        )],
        &["name every state: `other` would silently cover the next state you add"],
    );
}

#[test]
fn what_is_matched_are_the_parameters() {
    says(&[("match event {", "match (event,) {")], &["match on `event` and nothing else"]);
    says(&[("match (state, event)", "match (Shut, event)")], &[SUBJECT]);
    says(&[("match (state, event)", "match (event, state)")], &[SUBJECT]);
    says(&[("match (state, event)", "match (state, event, event)")], &[SUBJECT]);
    says(&[("match (state, event)", "match state")], &[SUBJECT]);
    says(
        &[
            ("fn evolve(state: State", "fn evolve(_: State"),
            ("match (state, event)", "match (Shut, event)"),
        ],
        &[SUBJECT],
    );
    says(
        &[
            ("fn evolve(state", "fn evolve(before"),
            ("match (state, event)", "match (event, before)"),
        ],
        &["match on `(before, event)` and nothing else"],
    );
    for (parameter, named) in [("fact", "fact"), ("_", "event")] {
        says(
            &[
                ("fn begin(event", &format!("fn begin({parameter}")),
                ("match event {", "match other {"),
            ],
            &[&format!("match on `{named}` and nothing else")],
        );
    }
    // The call that does not fit is rustc's to show.
    says(&[("fn evolve(state: State, event: Event)", "fn evolve(state: State)")], &[]);
    says(
        &[("fn evolve(state: State, event: Event)", "fn evolve(self, state: State, event: Event)")],
        &[],
    );
}

#[test]
fn the_two_enums_take_no_parameters() {
    says(&[("enum State {", "enum State<T> {")], &[&format!("`State` {PARAMETERS}")]);
    says(&[("enum Event {", "enum Event<'a> {")], &[&format!("`Event` {PARAMETERS}")]);
}

#[test]
fn a_target_may_be_written_in_several_ways() {
    for target in [
        "(Some(Ajar { degrees }))",
        "{ Some(Ajar { degrees }) }",
        "{ { Some((State::Ajar { degrees })) } }",
        "Option::Some(self::State::Ajar { degrees })",
        "Some(Ajar(degrees))",
        "Some(Ajar)",
        // What leaves only itself is no exit.
        "{ let halved = |all: u32| { return all / 2; }; Some(Ajar { degrees: halved(degrees) }) }",
        "{ fn first() -> Option<u8> { return Some(None?); } Some(Ajar { degrees }) }",
        "{ let later = async { return Some(None?); }; Some(Ajar { degrees }) }",
    ] {
        is_the_same(&[("Some(Ajar { degrees })", target)]);
    }
}

/// `GROUPED` becomes what a `macro_rules!` makes of its `$target:expr`: a group without a bracket.
fn grouped(tokens: TokenStream, target: &str) -> TokenStream {
    let inside = |tree| match tree {
        TokenTree::Ident(name) if name == "GROUPED" => {
            Group::new(Delimiter::None, target.parse().unwrap()).into()
        }
        TokenTree::Group(group) => {
            Group::new(group.delimiter(), grouped(group.stream(), target)).into()
        }
        other => other,
    };
    tokens.into_iter().map(inside).collect::<TokenStream>()
}

#[test]
fn a_machine_may_be_written_by_a_macro() {
    for (written, target) in
        [("GROUPED", "Some(Ajar { degrees })"), ("Some(GROUPED)", "Ajar { degrees }")]
    {
        let source = DOOR.replace("Some(Ajar { degrees })", written).parse().unwrap();
        assert!(messages(expand(TokenStream::new(), grouped(source, target))).is_empty());
    }
}

#[test]
fn a_target_is_seen() {
    for hidden in [
        "'wide: { Some(Ajar { degrees }) }",
        "{ let wide = Ajar { degrees }; }",
        "Ok(Ajar { degrees })",
        "Some(Ajar { degrees }, 2)",
        "Some(opened().again())",
        "Some(opened()())",
        "wide.Some(Ajar { degrees })",
        "(wide.Some)(Ajar { degrees })",
        "Some(AJAR)",
        "Some(ajar)",
        "Ajar { degrees }",
        "todo!()",
        "Gone",
        "wide",
    ] {
        says(&[("Some(Ajar { degrees })", hidden)], &[HIDDEN]);
    }
    // Rustc finds it as little.
    says(&[("Some(Ajar { degrees })", "Some(Ajarr { degrees })")], &[]);
    says(
        &[("Some(Ajar { degrees })", "{ None }")],
        &["`None` is the refusal and belongs to the last arm alone: leave this pair out"],
    );
    says(
        &[("            _ => None,\n        }\n    }\n}", "_ => { seen(); None } } } }")],
        &[RULE],
    );
}

#[test]
fn an_exit_is_one_message() {
    const EXIT: &str = "this would leave `evolve` early and hide a transition";
    for exit in [
        "return Some(Ajar { degrees })",
        "Some(Ajar { degrees })?",
        "{ Some(Ajar { degrees: degrees? }) }",
    ] {
        says(&[("Some(Ajar { degrees })", exit)], &[EXIT]);
    }
    says(&[("Some(Ajar { degrees })", "{ early()?; opened(degrees) }")], &[EXIT, HIDDEN]);
    says(
        &[("Hung => Some(Shut)", "Hung => return Some(Shut)")],
        &["this would leave `begin` early and hide a transition"],
    );
}

#[test]
fn the_attributes_of_variants_are_checked() {
    const WIRE: &str = "write the stored name as `#[wire = \"the_name\"]`";
    const WAS: &str = "name the older types, oldest first: `#[was(TheV1, TheV2)]`";
    const BUILDS: &str =
        "a machine is the same in every build: a log written by one is read by another";
    const STORED: &str = "the name is stored apart from the data: leave this out, and say `#[wire = \"..\"]` on a \
                          variant to choose its stored name";
    for (attribute, message) in [
        ("#[wire = \"\"]", WIRE),
        ("#[wire = 5]", WIRE),
        ("#[wire = opened]", WIRE),
        ("#[wire]", WIRE),
        ("#[was()]", WAS),
        ("#[was(1)]", WAS),
        ("#[was = \"V1\"]", WAS),
        ("#[cfg(unix)]", BUILDS),
        ("#[cfg_attr(unix, doc = \"\")]", BUILDS),
        ("#[serde(rename = \"x\")]", STORED),
        ("#[serde(alias = \"x\", rename_all = \"x\")]", STORED),
        ("#[serde(untagged)]", STORED),
        ("#[serde(from = \"x\")]", STORED),
        ("#[was(V1)] #[was(V2)]", "given twice: keep one"),
    ] {
        says(&[("Hung, Pushed", &format!("Hung, {attribute} Pushed"))], &[message]);
    }
    says(
        &[("Hung, Pushed", "#[wire = \"pulled\"] Hung, Pushed")],
        &["`Hung` and `Pulled` share the wire name \"pulled\""],
    );
    says(
        &[("enum Event", "#[serde(tag = \"type\", content = \"data\")] enum Event")],
        &[STORED, STORED],
    );
    says(
        &[("Hung, Pushed", "#[serde(alias = \"x\", default)] Hung, #[serde = \"x\"] Pushed")],
        &[],
    );
    says(&[("#[terminal] Gone", "#[terminal] #[cfg(unix)] Gone")], &[BUILDS]);
    const NOTHING: &str = "`#[terminal]` takes nothing but `(reopens)`";
    says(&[("#[terminal] Gone", "#[terminal = true] Gone")], &[NOTHING]);
    says(&[("#[terminal] Gone", "#[terminal(reopens, twice)] Gone")], &[NOTHING]);
}

#[test]
fn an_end_that_reopens_is_left() {
    let hung_again =
        ("(Ajar { .. }, Pulled) => Some(Shut)", "(Ajar { .. } | Gone, Pulled) => Some(Shut)");
    says(&[("#[terminal] Gone", "#[terminal(reopens)] Gone"), hung_again], &[]);
    says(&[hung_again], &["`Gone` is terminal, yet `Pulled` leaves it for `Shut`"]);
    says(
        &[("#[terminal] Gone", "#[terminal(reopens)] Gone")],
        &["nothing leaves `Gone`: mark it plainly `#[terminal]`"],
    );
}

#[test]
fn a_pair_is_handled_once() {
    says(
        &[(
            "(Ajar { .. }, Pulled) => Some(Shut)",
            "(Ajar { .. }, Pulled) => Some(Shut), (Shut | Ajar { .. }, Pulled) => Some(Gone)",
        )],
        &["`Ajar` already handles `Pulled` (it leads to `Shut`)", "`Pulled` is first handled here"],
    );
    says(
        &[("Hung => Some(Shut)", "Hung => Some(Shut), Hung => Some(Gone)")],
        &["`begin` already handles `Hung` (it leads to `Shut`)", "`Hung` is first handled here"],
    );
}

#[test]
fn a_pair_names_both() {
    says(
        &[("(Ajar { .. }, Pulled)", "_")],
        &["name every state: `_` would silently cover the next state you add"],
    );
    says(
        &[("(Ajar { .. }, Pulled)", "both")],
        &["name every state: `both` would silently cover the next state you add"],
    );
    says(
        &[("(Ajar { .. }, Pulled)", "(Ajar { .. }, ..)")],
        &["name every event: `..` would silently cover the next event you add"],
    );
    says(
        &[("(Ajar { .. }, Pulled)", "(..)")],
        &["name every state: `..` would silently cover the next state you add"],
    );
    // Rustc says that the types differ.
    says(&[("(Ajar { .. }, Pulled)", "Ajar { .. }")], &[]);
    says(&[("(Ajar { .. }, Pulled)", "(Pulled, Ajar { .. })")], &[]);
    says(&[("(Ajar { .. }, Pulled)", "(Ajar { .. }, 7)")], &[]);
    says(&[("(Ajar { .. }, Pulled)", "(Ajar { .. }, Pulled, Pulled)")], &[]);
    // One side of an `|` is enough to leave the graph unjudged.
    says(
        &[
            ("Pulled, TakenOut }", "Pulled, TakenOut, Knocked }"),
            ("(Ajar { .. }, Pulled)", "(Shut, Knockd) | (Ajar { .. }, Pulled)"),
        ],
        &[
            "`Knockd` is not an event; as a pattern it would match every event; did you mean `Knocked`?",
        ],
    );
}
