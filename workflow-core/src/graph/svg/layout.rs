//! Where everything of a picture goes: a layered layout, as in Sugiyama, Tagawa and Toda (1981).
//!
//! Nodes stand in every second row; between them each edge has a place of its own in every row that it crosses, and
//! one of those places holds its label, so that labels cannot cover each other. No drawing here, and no machine.

use std::collections::VecDeque;

/// The space between neighbours in a row.
const GAP: f64 = 18.0;
/// The space between rows.
const ROW_GAP: f64 = 20.0;
/// How often the rows are sorted. More changes nothing on a few dozen states.
const SORTINGS: usize = 24;
/// How often they are straightened; a long edge needs many.
const STRAIGHTENINGS: usize = 600;
/// How much more a piece of an edge wants to be straight for each of its ends at which the edge only passes.
const PASSING: f64 = 3.0;

/// How much room something takes, from its middle.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Room {
    pub(crate) left: f64,
    pub(crate) right: f64,
    pub(crate) height: f64,
}

/// An edge to be placed; never from a node to itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) label: Room,
}

/// One thing in a row: a node, a label, or a place where an edge passes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) room: Room,
    pub(crate) row: usize,
    pub(crate) x: f64,
}

/// An edge's way, from the upper node to the lower one.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    /// The places it goes through, both nodes included.
    pub(crate) places: Vec<usize>,
    /// Whether the edge points upwards.
    pub(crate) upwards: bool,
    /// The place of its label.
    pub(crate) label: usize,
}

/// The finished layout. The first places are the nodes, in the order given; so are the ways and the edges.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) places: Vec<Place>,
    pub(crate) ways: Vec<Way>,
    /// The top and the bottom of each row.
    pub(crate) rows: Vec<(f64, f64)>,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// Places the nodes, of which the first is the start, and the edges between them.
pub(crate) fn layout(nodes: &[Room], edges: &[Edge]) -> Layout {
    let rank = ranks(nodes.len(), edges);
    let layers = layers(&rank, edges);
    let mut places: Vec<Place> = nodes
        .iter()
        .zip(&layers)
        .map(|(room, layer)| Place { room: *room, row: 2 * layer, x: 0.0 })
        .collect();
    let ways: Vec<Way> = edges.iter().map(|edge| way(edge, &rank, &mut places)).collect();
    let links = Links::new(places.len(), &ways);
    let rows = order(&places, &links);
    straighten(&mut places, &rows, &links);
    let width = shift_to_origin(&mut places);
    let mut top = 0.0;
    let rows: Vec<(f64, f64)> = rows
        .iter()
        .map(|row| {
            let height = row.iter().map(|place| places[*place].room.height).fold(0.0, f64::max);
            let bounds = (top, top + height);
            top = bounds.1 + ROW_GAP;
            bounds
        })
        .collect();
    let height = rows.last().map_or(0.0, |row| row.1);
    Layout { places, ways, rows, width, height }
}

/// The order in which a breadth-first walk from the start meets the nodes, those that nothing leaves last; edges that
/// go back in it point upwards.
fn ranks(count: usize, edges: &[Edge]) -> Vec<(usize, usize)> {
    let mut steps = vec![usize::MAX; count];
    let mut queue = VecDeque::from([0]);
    if let Some(start) = steps.first_mut() {
        *start = 0;
    }
    while let Some(node) = queue.pop_front() {
        for edge in edges.iter().filter(|edge| edge.from == node) {
            if steps[edge.to] == usize::MAX {
                steps[edge.to] = steps[node] + 1;
                queue.push_back(edge.to);
            }
        }
    }
    let is_end = |node| edges.iter().all(|edge| edge.from != node);
    let last = |node, steps| if is_end(node) { usize::MAX } else { steps };
    steps.into_iter().enumerate().map(|(node, steps)| (last(node, steps), node)).collect()
}

/// The row of each node among the rows of nodes: below everything that leads down to it.
fn layers(rank: &[(usize, usize)], edges: &[Edge]) -> Vec<usize> {
    let mut layers = vec![0; rank.len()];
    let mut sorted = rank.to_vec();
    sorted.sort_unstable();
    for (_, node) in sorted {
        for edge in edges {
            let (upper, lower) = ends(edge, rank);
            if upper == node {
                layers[lower] = layers[lower].max(layers[node] + 1);
            }
        }
    }
    layers
}

fn ends(edge: &Edge, rank: &[(usize, usize)]) -> (usize, usize) {
    if rank[edge.from] < rank[edge.to] { (edge.from, edge.to) } else { (edge.to, edge.from) }
}

/// Gives an edge its places; the label stands next to the node that the edge leaves.
fn way(edge: &Edge, rank: &[(usize, usize)], places: &mut Vec<Place>) -> Way {
    let (upper, lower) = ends(edge, rank);
    let upwards = upper != edge.from;
    let (first, last) = (places[upper].row + 1, places[lower].row - 1);
    let label_row = if upwards { last } else { first };
    let mut way = Way { places: vec![upper], upwards, label: upper };
    for row in first..=last {
        let is_label = row == label_row;
        let room = if is_label { edge.label } else { Room { left: 2.0, right: 2.0, height: 0.0 } };
        if is_label {
            way.label = places.len();
        }
        way.places.push(places.len());
        places.push(Place { room, row, x: 0.0 });
    }
    way.places.push(lower);
    way
}

/// Who is joined with whom in the row above and in the row below.
struct Links {
    above: Vec<Vec<usize>>,
    below: Vec<Vec<usize>>,
}

impl Links {
    fn new(count: usize, ways: &[Way]) -> Self {
        let mut links = Self { above: vec![Vec::new(); count], below: vec![Vec::new(); count] };
        for pair in ways.iter().flat_map(|way| way.places.windows(2)) {
            links.below[pair[0]].push(pair[1]);
            links.above[pair[1]].push(pair[0]);
        }
        links
    }
}

/// Sorts each row so that few edges cross: by the mean of the neighbours, downwards and upwards in turn.
fn order(places: &[Place], links: &Links) -> Vec<Vec<usize>> {
    let count = places.iter().map(|place| place.row + 1).max().unwrap_or(0);
    let mut rows = vec![Vec::new(); count];
    for (index, place) in places.iter().enumerate() {
        rows[place.row].push(index);
    }
    let mut best = (crossings(&rows, links), rows.clone());
    for round in 0..SORTINGS {
        let downwards = round % 2 == 0;
        for step in 0..count {
            let row = if downwards { step } else { count - 1 - step };
            let position = positions(&rows, places.len());
            let neighbours = if downwards { &links.above } else { &links.below };
            let wish = |place: &usize| {
                mean(neighbours[*place].iter().map(|other| position[*other]))
                    .unwrap_or(position[*place])
            };
            rows[row].sort_by(|a, b| wish(a).total_cmp(&wish(b)));
        }
        let found = crossings(&rows, links);
        if found < best.0 {
            best = (found, rows.clone());
        }
    }
    best.1
}

/// Each place's position in its row, as a share of the row.
#[expect(clippy::cast_precision_loss, reason = "a row has few places")]
fn positions(rows: &[Vec<usize>], count: usize) -> Vec<f64> {
    let mut positions = vec![0.0; count];
    for row in rows {
        for (index, place) in row.iter().enumerate() {
            positions[*place] = (index as f64 + 0.5) / row.len() as f64;
        }
    }
    positions
}

fn crossings(rows: &[Vec<usize>], links: &Links) -> usize {
    let mut count = 0;
    for pair in rows.windows(2) {
        let index = |place: usize| pair[1].iter().position(|other| *other == place);
        let ends: Vec<Vec<_>> = pair[0]
            .iter()
            .map(|upper| links.below[*upper].iter().map(|lower| index(*lower)).collect())
            .collect();
        for (left, lefts) in ends.iter().enumerate() {
            for rights in &ends[left + 1..] {
                count += lefts
                    .iter()
                    .map(|end| rights.iter().filter(|other| *other < end).count())
                    .sum::<usize>();
            }
        }
    }
    count
}

/// Moves the places along their rows, in their order, until the pieces of the edges are as straight as they can be:
/// least squares, row by row. Only weights that both ends of a piece see alike have that end; with others a long road
/// leans over.
fn straighten(places: &mut [Place], rows: &[Vec<usize>], links: &Links) {
    let passes = |place: &Place| if place.room.height > 0.0 { 1.0 } else { PASSING };
    for round in 0..STRAIGHTENINGS {
        for step in 0..rows.len() {
            let row = if round % 2 == 0 { &rows[step] } else { &rows[rows.len() - 1 - step] };
            let (wishes, weights): (Vec<f64>, Vec<f64>) = row
                .iter()
                .map(|&place| {
                    let joined = links.above[place].iter().chain(&links.below[place]);
                    let (mut sum, mut weight) = (0.0, 0.0);
                    for other in joined.map(|other| &places[*other]) {
                        let pull = passes(&places[place]) * passes(other);
                        sum += pull * other.x;
                        weight += pull;
                    }
                    if weight > 0.0 { (sum / weight, weight) } else { (places[place].x, 1.0) }
                })
                .unzip();
            let mut offset = 0.0;
            let offsets: Vec<f64> = row
                .iter()
                .enumerate()
                .map(|(index, &place)| {
                    if let Some(before) = index.checked_sub(1) {
                        offset += places[row[before]].room.right + GAP + places[place].room.left;
                    }
                    offset
                })
                .collect();
            let found = ascending(&wishes, &offsets, &weights);
            for ((place, x), offset) in row.iter().zip(found).zip(&offsets) {
                places[*place].x = x + offset;
            }
        }
    }
}

/// The ascending numbers nearest to `wishes - offsets`, by weight (isotonic regression by pooling neighbours).
fn ascending(wishes: &[f64], offsets: &[f64], weights: &[f64]) -> Vec<f64> {
    // Weighted sum, weight, and how many were pooled.
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    for ((wish, offset), weight) in wishes.iter().zip(offsets).zip(weights) {
        let mut pool = ((wish - offset) * weight, *weight, 1);
        while let Some(&(sum, weight, count)) = pools.last()
            && sum / weight >= pool.0 / pool.1
        {
            pools.pop();
            pool = (pool.0 + sum, pool.1 + weight, pool.2 + count);
        }
        pools.push(pool);
    }
    pools
        .into_iter()
        .flat_map(|(sum, weight, count)| std::iter::repeat_n(sum / weight, count))
        .collect()
}

/// Moves everything to the right of 0; returns the width.
fn shift_to_origin(places: &mut [Place]) -> f64 {
    let left = places.iter().map(|place| place.x - place.room.left).fold(f64::MAX, f64::min);
    for place in places.iter_mut() {
        place.x -= left;
    }
    places.iter().map(|place| place.x + place.room.right).fold(0.0, f64::max)
}

#[expect(clippy::cast_precision_loss, reason = "a place has few neighbours")]
fn mean(numbers: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = numbers.fold((0.0, 0_usize), |(sum, count), x| (sum + x, count + 1));
    (count > 0).then(|| sum / count as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: Room = Room { left: 30.0, right: 30.0, height: 20.0 };
    const LABEL: Room = Room { left: 20.0, right: 20.0, height: 10.0 };

    fn edge(from: usize, to: usize) -> Edge {
        Edge { from, to, label: LABEL }
    }

    #[test]
    fn edges_lead_down_unless_they_go_back() {
        let edges = [edge(0, 1), edge(1, 2), edge(2, 1), edge(1, 3), edge(2, 3)];
        let Layout { places, ways, rows, .. } = layout(&[NODE; 4], &edges);
        let node_rows: Vec<_> = places[..4].iter().map(|place| place.row).collect();
        assert_eq!(node_rows, [0, 2, 4, 6]);
        let upwards: Vec<_> = ways.iter().map(|way| way.upwards).collect();
        assert_eq!(upwards, [false, false, true, false, false]);
        // From row 2 to row 6, through each row between; the label stands near the source.
        assert_eq!(ways[3].places.len(), 5);
        assert_eq!(places[ways[3].label].row, 3);
        assert_eq!(rows.len(), 7);
        assert!(rows.windows(2).all(|pair| pair[0].1 + ROW_GAP <= pair[1].0 + 1e-9));
    }

    #[test]
    fn nothing_in_a_row_covers_anything_else() {
        // Each of eight nodes leads to the next, to the last, and back to the second.
        let edges: Vec<_> = (0..8)
            .flat_map(|node| [edge(node, node + 1), edge(node, 9), edge(node, 1)])
            .filter(|edge| edge.from != edge.to)
            .collect();
        let Layout { places, .. } = layout(&[NODE; 10], &edges);
        for (index, a) in places.iter().enumerate() {
            for b in places[index + 1..].iter().filter(|b| b.row == a.row) {
                let (left, right) = if a.x < b.x { (a, b) } else { (b, a) };
                let space = (right.x - right.room.left) - (left.x + left.room.right);
                assert!(space > GAP - 1e-6, "{space} between {left:?} and {right:?}");
            }
        }
    }

    #[test]
    fn two_chains_do_not_cross() {
        // Given in an order that crosses: 1 and 2, then 4 below 1 and 3 below 2.
        let edges = [edge(0, 1), edge(0, 2), edge(1, 4), edge(2, 3)];
        let Layout { places, .. } = layout(&[NODE; 5], &edges);
        assert_eq!(places[1].x < places[2].x, places[4].x < places[3].x);
    }
}
