//! The laws can fail: one planted breach each. And the strategies do what they say: uniform, legal, and small in the end.

use std::cell::Cell;

use proptest::strategy::ValueTree;
use proptest::test_runner::TestError;

use super::*;
use crate::graph::sample::door::{EventKind, Machine as Door};

mod planted;

fn runner(seed: u8) -> TestRunner {
    let config = Config {
        cases: 2_000,
        max_shrink_iters: 100_000,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]))
}

/// All legal logs of a length, by trying every one.
fn every(length: usize, ends: Ends) -> Vec<Vec<EventKind>> {
    let language = Language::<Door>::up_to(length, ends);
    let mut logs = vec![Vec::new()];
    for _ in 0..length {
        let longer = logs.iter().flat_map(|log: &Vec<EventKind>| {
            EventKind::ALL.iter().map(|event| [log.as_slice(), &[*event]].concat())
        });
        logs = longer.filter(|log| Language::<Door>::states(log).is_some()).collect();
    }
    logs.retain(|log| language.holds(log));
    logs
}

#[test]
fn the_counts_are_those_of_trying_every_log() {
    for ends in [Ends::Terminal, Ends::Anywhere] {
        let language = Language::<Door>::up_to(7, ends);
        for length in 1..=7 {
            assert_eq!(language.count(length), every(length, ends).len() as u128, "{length}");
        }
    }
    assert_eq!(Language::<Door>::up_to(4, Ends::Terminal).lengths(), [2, 3, 4]);
}

#[test]
fn each_log_of_a_length_has_the_same_chance() {
    let logs = every(6, Ends::Terminal);
    let language = Language::<Door>::up_to(6, Ends::Terminal);
    let (mut runner, each) = (runner(1), 200_u32);
    let mut seen = std::collections::BTreeMap::new();
    for _ in 0..each * u32::try_from(logs.len()).unwrap() {
        *seen.entry(language.draw(6, runner.rng()).unwrap()).or_insert(0_u32) += 1;
    }
    assert_eq!(seen.len(), logs.len());
    // Pearson's sum of squares, times `each` so that it stays whole. Its mean is one less than there are logs, its spread
    // the root of twice that: five times the spread above is no luck.
    let squares: u32 = seen.values().map(|count| count.abs_diff(each).pow(2)).sum();
    let freedom = u32::try_from(logs.len() - 1).unwrap();
    let most = freedom + 5 * (2 * freedom).isqrt() + 5;
    assert!(squares / each <= most, "{} for {} logs: {seen:?}", squares / each, logs.len());
}

#[test]
fn smaller_logs_are_legal_whatever_the_verdicts_are() {
    for ends in [Ends::Terminal, Ends::Anywhere] {
        for seed in 0..40 {
            let mut runner = runner(seed);
            let strategy = logs::<Door>(20, ends, any_event::<Door>);
            let language = Language::<Door>::up_to(20, ends);
            let mut tree = strategy.new_tree(&mut runner).unwrap();
            let longest = tree.current().len();
            let mut goes_on = true;
            while goes_on {
                let log = tree.current();
                let words: Vec<EventKind> = log.iter().map(Door::event_kind).collect();
                assert!(language.holds(&words) && log.len() <= longest, "{log:?}");
                let fails = runner.rng().next_u64().is_multiple_of(3);
                goes_on = if fails { tree.simplify() } else { tree.complicate() };
            }
        }
    }
}

/// The bug: a bell after the door was opened wide, and pulled shut since.
fn rings_after_wide_and_shut(log: &[EventKind]) -> bool {
    let wide = log.windows(2).position(|two| two == [EventKind::Pushed, EventKind::Pushed]);
    let shut = wide.and_then(|wide| {
        let rest = log[wide + 2..].iter().position(|event| *event == EventKind::Pulled)?;
        Some(wide + 2 + rest)
    });
    shut.is_some_and(|shut| log[shut..].contains(&EventKind::RangBell))
}

#[test]
fn a_planted_bug_shrinks_to_its_shortest_log() {
    use EventKind::{Hung, Pulled, Pushed, RangBell, TakenOut};
    for seed in 0..30 {
        let runs = Cell::new(0);
        let failed = runner(seed).run(&words::<Door>(40, Ends::Terminal), |log| {
            runs.set(runs.get() + 1);
            prop_assert!(!rings_after_wide_and_shut(&log));
            Ok(())
        });
        let Err(TestError::Fail(_, log)) = failed else { panic!("the bug was not found") };
        assert_eq!(log, [Hung, Pushed, Pushed, Pulled, RangBell, TakenOut]);
        assert!(runs.get() < 600, "{} runs", runs.get());
    }
}

#[test]
fn the_data_of_a_small_log_is_made_plain() {
    use crate::graph::sample::door::Event;
    let strategy = logs::<Door>(30, Ends::Anywhere, any_event::<Door>);
    let failed = runner(3).run(&strategy, |log| {
        let far = |event: &Event| matches!(event, Event::Pushed { degrees } if *degrees >= 2);
        prop_assert!(!log.iter().any(far));
        Ok(())
    });
    let Err(TestError::Fail(_, log)) = failed else { panic!("the bug was not found") };
    assert_eq!(log, [Event::Hung, Event::Pushed { degrees: 2 }]);
}

#[test]
fn a_type_says_itself_what_it_can_hold() {
    use crate::inbox::Delivery;
    use crate::money::Decimal;
    type Odd = (Option<u8>, Vec<Delivery>, jiff::civil::Date, Decimal, crate::id::StreamId);
    let mut runner = runner(5);
    let mut tree = anything::<Odd>().new_tree(&mut runner).unwrap();
    while tree.simplify() {}
    let plain = tree.current();
    assert_eq!((plain.0, plain.1.len()), (None, 0));
    assert_eq!(plain.2.to_string(), "2026-03-16");
    assert_eq!(plain.4.as_str(), "delivery/main/1");
}
