//! Which arrows are drawn, and which are named in the box that they leave.
//!
//! A workflow has states that nearly every other one leads to (a person must look, it was called off), and some that
//! lead nearly everywhere. Drawn, those arrows would hide the road. So an arrow at such a state is a line of text,
//! unless a state would hang in the air without it.

/// A state with more neighbours than this on one side keeps those arrows as text.
const MANY: usize = 4;

/// Of each arrow from one node to another whether it is drawn. Node 0 is the start.
pub(crate) fn drawn(nodes: usize, arrows: &[(usize, usize)]) -> Vec<bool> {
    let mut drawn = vec![true; arrows.len()];
    leave_out(&mut drawn, arrows, |arrow| arrow.1, nodes);
    leave_out(&mut drawn, arrows, |arrow| arrow.0, nodes);
    let mut reached = vec![false; nodes];
    if let Some(start) = reached.first_mut() {
        *start = true;
    }
    loop {
        spread(&mut reached, &drawn, arrows);
        let joins = |&(from, to): &(usize, usize)| reached[from] && !reached[to];
        let Some(missed) = arrows.iter().position(joins) else { return drawn };
        drawn[missed] = true;
    }
}

/// Takes out the arrows at each node that has too many on the side that `at` names.
fn leave_out(
    drawn: &mut [bool],
    arrows: &[(usize, usize)],
    at: impl Fn(&(usize, usize)) -> usize,
    nodes: usize,
) {
    let mut count = vec![0_usize; nodes];
    for (arrow, _) in arrows.iter().zip(&*drawn).filter(|(_, drawn)| **drawn) {
        count[at(arrow)] += 1;
    }
    for (arrow, drawn) in arrows.iter().zip(drawn) {
        *drawn &= count[at(arrow)] <= MANY;
    }
}

/// Marks all that drawn arrows reach.
fn spread(reached: &mut [bool], drawn: &[bool], arrows: &[(usize, usize)]) {
    let mut grows = true;
    while grows {
        grows = false;
        for (&(from, to), _) in arrows.iter().zip(drawn).filter(|(_, drawn)| **drawn) {
            grows |= reached[from] && !reached[to];
            reached[to] |= reached[from];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_machine_is_drawn_whole() {
        let arrows = [(0, 1), (1, 2), (2, 1), (2, 3), (1, 3)];
        assert_eq!(drawn(4, &arrows), [true; 5]);
    }

    #[test]
    fn where_all_lead_to_is_text_but_for_one_arrow() {
        // A road of five, each of which leads to 6 as well.
        let road = (0..5).map(|node| (node, node + 1));
        let arrows: Vec<_> = road.chain((1..6).map(|node| (node, 6))).collect();
        let expected = [[true; 5], [true, false, false, false, false]].concat();
        assert_eq!(drawn(7, &arrows), expected);
    }

    #[test]
    fn what_leads_everywhere_is_text_where_the_road_leads_too() {
        // The road goes 0 to 6, and 1 leads to each of it, and to 7 alone.
        let road = (0..6).map(|node| (node, node + 1));
        let arrows: Vec<_> = road.chain([(1, 3), (1, 4), (1, 5), (1, 6), (1, 7)]).collect();
        let kept: Vec<_> =
            arrows.iter().zip(drawn(8, &arrows)).filter(|(_, drawn)| *drawn).collect();
        let kept: Vec<_> = kept.into_iter().map(|(arrow, _)| *arrow).collect();
        assert_eq!(kept, [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (1, 7)]);
    }
}
