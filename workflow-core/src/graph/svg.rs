//! The machine as a picture: one self-contained SVG, drawn here, for pages and reviews.
//!
//! Which arrows are drawn is decided in `svg/gather.rs`, the others are lines in the box of the state they leave;
//! where things go is decided in `svg/layout.rs`. Each state is a group with `data-state`, each arrow one with
//! `data-from` and `data-to`, drawn or not, so that a page can point at where an instance stands. Alone in a browser
//! the picture follows its light or dark scheme; inside a page it takes the page's colour of text.

use std::fmt::Write;

use super::{Arrow, arrows};
use crate::machine::{Kind, Machine};

mod gather;
mod layout;

use layout::{Edge, Layout, Room, Way, layout};

const MARGIN: f64 = 16.0;
/// A state's box with nothing but its name.
const STATE_HEIGHT: f64 = 34.0;
/// The widest letters of a usual sans-serif at 13 px, on average.
const STATE_LETTER: f64 = 7.8;
/// A letter of a usual monospaced font at 11 px.
const LABEL_LETTER: f64 = 6.7;
const LABEL_LINE: f64 = 14.0;
/// The space around the lines inside a box.
const INSET: f64 = 12.0;
const START_RADIUS: f64 = 6.0;
/// How far the arrow of a state to itself reaches to the right.
const LOOP: f64 = 30.0;

/// What a picture looks like.
///
/// `:root` is the picture alone, not the picture in a page. `--main-background-color` is what rustdoc's pages call
/// theirs; another page sets `--machine-back`.
pub const STYLE: &str = "\
svg.machine:root{--machine-back:#fff;background:#fff;color:#1d2733}\
@media (prefers-color-scheme:dark){svg.machine:root{--machine-back:#10161f;background:#10161f;color:#dde5ef}}\
.machine{max-width:100%;height:auto}\
.machine text{font:600 13px system-ui,'DejaVu Sans',sans-serif;fill:currentColor;text-anchor:middle}\
.machine .event{font:11px ui-monospace,'DejaVu Sans Mono',monospace;\
stroke:var(--machine-back,var(--main-background-color,#fff));stroke-width:4px;stroke-linejoin:round;\
paint-order:stroke}\
.machine .loop,.machine .within{text-anchor:start}\
.machine .within{stroke:none}\
.machine .to{font-weight:600;fill-opacity:.75}\
.machine .state rect{fill:#5b8fd0;fill-opacity:.14;stroke:#5b8fd0;stroke-width:1.4}\
.machine .end rect{fill:#5fa35a;stroke:#5fa35a}\
.machine .border{fill:none!important;stroke-width:1!important}\
.machine .start{fill:#5b8fd0}\
.machine .head{fill:currentColor;fill-opacity:.6}\
.machine path.line{fill:none;stroke:currentColor;stroke-opacity:.5;stroke-width:1.3}";

/// An SVG of the machine: states in rows from the start downwards, events by their stored names.
pub fn svg<M: Machine>() -> String {
    picture::<M>(Styled::Inside)
}

/// The same without its style, for a page that has [`STYLE`] in a sheet of its own and allows no other.
pub fn svg_without_style<M: Machine>() -> String {
    picture::<M>(Styled::Elsewhere)
}

/// Where the style is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Styled {
    Inside,
    Elsewhere,
}

fn picture<M: Machine>(styled: Styled) -> String {
    let arrows = arrows::<M>();
    let (loops, others): (Vec<_>, Vec<_>) =
        arrows.iter().partition(|arrow| arrow.from == Some(arrow.to));
    let node = |state: Option<M::StateKind>| state.map_or(0, |state| state.index() + 1);
    let pairs: Vec<_> =
        others.iter().map(|arrow| (node(arrow.from), node(Some(arrow.to)))).collect();
    let is_drawn = gather::drawn(M::StateKind::ALL.len() + 1, &pairs);
    let picked = |which: bool| {
        let kept = others.iter().zip(&is_drawn).filter(move |(_, drawn)| **drawn == which);
        kept.map(|(arrow, _)| *arrow).collect::<Vec<_>>()
    };
    let (drawn, listed) = (picked(true), picked(false));
    let boxes: Vec<Boxed<'_, M>> = M::StateKind::ALL
        .iter()
        .map(|state| Boxed {
            state: *state,
            own: loops.iter().copied().find(|arrow| arrow.to == *state),
            listed: listed.iter().copied().filter(|a| a.from == Some(*state)).collect(),
        })
        .collect();
    let start = Room { left: START_RADIUS, right: START_RADIUS, height: 2.0 * START_RADIUS };
    let nodes: Vec<Room> = [start].into_iter().chain(boxes.iter().map(Boxed::room)).collect();
    let edges: Vec<Edge> = drawn
        .iter()
        .map(|arrow| Edge { from: node(arrow.from), to: node(Some(arrow.to)), label: room(arrow) })
        .collect();
    let heights = [start.height].into_iter().chain(boxes.iter().map(Boxed::height)).collect();
    let mut picture = Picture { layout: layout(&nodes, &edges), heights, text: String::new() };
    picture.open::<M>(styled);
    for (index, arrow) in drawn.iter().enumerate() {
        picture.arrow(index, arrow);
    }
    for boxed in &boxes {
        picture.state(boxed);
    }
    picture.close()
}

/// A state with what is written at it.
struct Boxed<'a, M: Machine> {
    state: M::StateKind,
    /// The arrow to itself.
    own: Option<&'a Arrow<M>>,
    /// The arrows that are lines inside.
    listed: Vec<&'a Arrow<M>>,
}

impl<M: Machine> Boxed<'_, M> {
    /// Half the width.
    fn half(&self) -> f64 {
        let name = width(self.state.name().chars().count(), STATE_LETTER) / 2.0 + 14.0;
        let longest = self.lines().map(|(event, to)| event.chars().count() + 3 + to.len()).max();
        let line = width(longest.unwrap_or(0), LABEL_LETTER) / 2.0 + INSET;
        name.max(line)
    }

    fn height(&self) -> f64 {
        match self.lines().count() {
            0 => STATE_HEIGHT,
            lines => STATE_HEIGHT + width(lines, LABEL_LINE) + INSET / 2.0,
        }
    }

    fn room(&self) -> Room {
        let (extra, height) = self
            .own
            .map_or((0.0, 0.0), |arrow| (LOOP + 2.0 * room(arrow).right, room(arrow).height));
        let half = self.half();
        Room { left: half, right: half + extra, height: height.max(self.height()) }
    }

    /// Stored name and target of each event that is a line inside.
    fn lines(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let lines = |arrow: &&Arrow<M>| {
            let to = arrow.to.name();
            arrow.events.iter().map(|event| (M::wire(*event), to)).collect::<Vec<_>>()
        };
        self.listed.iter().flat_map(lines).collect::<Vec<_>>().into_iter()
    }
}

/// The room of an arrow's label.
fn room<M: Machine>(arrow: &Arrow<M>) -> Room {
    let letters = arrow.events.iter().map(|event| M::wire(*event).chars().count()).max();
    let half = width(letters.unwrap_or(0), LABEL_LETTER) / 2.0 + 2.0;
    Room { left: half, right: half, height: lines(arrow) * LABEL_LINE }
}

#[expect(clippy::cast_precision_loss, reason = "names are short")]
fn width(letters: usize, letter: f64) -> f64 {
    letters as f64 * letter
}

#[expect(clippy::cast_precision_loss, reason = "an arrow has few events")]
fn lines<M: Machine>(arrow: &Arrow<M>) -> f64 {
    arrow.events.len() as f64
}

/// The picture while it is being written.
struct Picture {
    layout: Layout,
    /// Of the start and of each state's box.
    heights: Vec<f64>,
    text: String,
}

impl Picture {
    fn open<M: Machine>(&mut self, styled: Styled) {
        let (width, height) = (self.layout.width + 2.0 * MARGIN, self.layout.height + 2.0 * MARGIN);
        let name = escape(M::NAME);
        self.put(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"machine\" role=\"img\" \
             width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" \
             aria-labelledby=\"{name}-title {name}-desc\">"
        ));
        self.put(format_args!("<title id=\"{name}-title\">The workflow {name}</title>"));
        let (states, rows) = (M::StateKind::ALL.len(), M::EDGES.len());
        self.put(format_args!(
            "<desc id=\"{name}-desc\">{states} states and the {rows} ways in which an event leads from one to the \
             next, from the start downwards. A line inside a state names an event and where it leads; a double \
             border marks an end.</desc>"
        ));
        if styled == Styled::Inside {
            self.put(format_args!("<style>{STYLE}</style>"));
        }
        self.put(format_args!(
            "<defs><marker id=\"{name}-head\" viewBox=\"0 0 8 8\" refX=\"7.5\" refY=\"4\" \
             markerUnits=\"userSpaceOnUse\" markerWidth=\"9\" markerHeight=\"9\" orient=\"auto\">\
             <path class=\"head\" d=\"M0 0.6 8 4 0 7.4Z\"/></marker></defs>"
        ));
        self.put(format_args!("<g transform=\"translate({MARGIN} {MARGIN})\">"));
        let (x, y) = self.middle(0);
        self.put(format_args!(
            "<circle class=\"start\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{START_RADIUS}\"/>"
        ));
    }

    fn close(mut self) -> String {
        self.put(format_args!("</g>"));
        self.put(format_args!("</svg>"));
        self.text
    }

    fn arrow<M: Machine>(&mut self, index: usize, arrow: &Arrow<M>) {
        let from = arrow.from.map_or("", Kind::name);
        let to = arrow.to.name();
        let line = self.line(index);
        self.put(format_args!("<g class=\"arrow\" data-from=\"{from}\" data-to=\"{to}\">"));
        self.put(format_args!(
            "<path class=\"line\" marker-end=\"url(#{name}-head)\" d=\"{line}\"/>",
            name = escape(M::NAME)
        ));
        let (x, y) = self.middle(self.layout.ways[index].label);
        self.label(arrow, x, y, "event");
        self.put(format_args!("</g>"));
    }

    fn state<M: Machine>(&mut self, boxed: &Boxed<'_, M>) {
        let state = boxed.state;
        let (x, y) = self.middle(state.index() + 1);
        let (half, name) = (boxed.half(), state.name());
        let (width, height) = (2.0 * half, boxed.height());
        let (left, top) = (x - half, y - height / 2.0);
        let is_end = M::TERMINAL.contains(&state);
        let class = if is_end { "state end" } else { "state" };
        self.put(format_args!("<g class=\"{class}\" data-state=\"{name}\">"));
        self.put(format_args!(
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"9\"/>"
        ));
        if is_end {
            let (left, top, width, height) = (left + 3.0, top + 3.0, width - 6.0, height - 6.0);
            self.put(format_args!(
                "<rect class=\"border\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" \
                 height=\"{height:.1}\" rx=\"6\"/>"
            ));
        }
        let mut baseline = top + STATE_HEIGHT / 2.0 + 4.5;
        self.put(format_args!("<text x=\"{x:.1}\" y=\"{baseline:.1}\">{name}</text>"));
        baseline += LABEL_LINE + 6.0;
        for arrow in &boxed.listed {
            self.listed(arrow, left + INSET, &mut baseline);
        }
        if let Some(arrow) = boxed.own {
            self.own(arrow, x + half, y);
        }
        self.put(format_args!("</g>"));
    }

    /// The lines of an arrow inside the box that it leaves.
    fn listed<M: Machine>(&mut self, arrow: &Arrow<M>, x: f64, baseline: &mut f64) {
        let (from, to) = (arrow.from.map_or("", Kind::name), arrow.to.name());
        self.put(format_args!("<g class=\"arrow\" data-from=\"{from}\" data-to=\"{to}\">"));
        for event in &arrow.events {
            let wire = escape(M::wire(*event));
            self.put(format_args!(
                "<text class=\"event within\" x=\"{x:.1}\" y=\"{baseline:.1}\">{wire} \
                 <tspan class=\"to\">→ {to}</tspan></text>"
            ));
            *baseline += LABEL_LINE;
        }
        self.put(format_args!("</g>"));
    }

    /// The arrow of a state to itself, at the right side of its box.
    fn own<M: Machine>(&mut self, arrow: &Arrow<M>, right: f64, y: f64) {
        let (out, upper, lower) = (right + LOOP, y - 7.0, y + 7.0);
        let (name, state) = (escape(M::NAME), arrow.to.name());
        self.put(format_args!("<g class=\"arrow\" data-from=\"{state}\" data-to=\"{state}\">"));
        self.put(format_args!(
            "<path class=\"line\" marker-end=\"url(#{name}-head)\" \
             d=\"M{right:.1} {upper:.1}C{out:.1} {upper:.1} {out:.1} {lower:.1} {right:.1} {lower:.1}\"/>"
        ));
        self.label(arrow, right + LOOP - 2.0, y, "event loop");
        self.put(format_args!("</g>"));
    }

    /// One line of text per event, around `y`.
    fn label<M: Machine>(&mut self, arrow: &Arrow<M>, x: f64, y: f64, class: &str) {
        let mut baseline = y - lines(arrow) * LABEL_LINE / 2.0 + LABEL_LINE - 3.5;
        for event in &arrow.events {
            let wire = escape(M::wire(*event));
            self.put(format_args!(
                "<text class=\"{class}\" x=\"{x:.1}\" y=\"{baseline:.1}\">{wire}</text>"
            ));
            baseline += LABEL_LINE;
        }
    }

    /// The path of an arrow: straight through each row that it crosses, curved between rows.
    fn line(&self, index: usize) -> String {
        let Layout { places, ways, rows, .. } = &self.layout;
        let way = &ways[index];
        let mut points = Vec::new();
        for (step, &place) in way.places.iter().enumerate() {
            let (top, bottom) = rows[places[place].row];
            let x = places[place].x;
            if step == 0 {
                points.push((self.port(way, false), self.edge_of(place, 1.0)));
            } else if step + 1 == way.places.len() {
                points.push((self.port(way, true), self.edge_of(place, -1.0)));
            } else {
                points.extend([(x, top), (x, bottom)]);
            }
        }
        if way.upwards {
            points.reverse();
        }
        let mut path = format!("M{:.1} {:.1}", points[0].0, points[0].1);
        for pair in points.windows(2) {
            let [(x1, y1), (x2, y2)] = [pair[0], pair[1]];
            let middle = f64::midpoint(y1, y2);
            path += &format!("C{x1:.1} {middle:.1} {x2:.1} {middle:.1} {x2:.1} {y2:.1}");
        }
        path
    }

    /// Where on its upper or lower node an arrow begins or ends: the arrows there share the side in their order.
    fn port(&self, way: &Way, lower: bool) -> f64 {
        let Layout { places, ways, .. } = &self.layout;
        let node = |way: &Way| if lower { way.places[way.places.len() - 1] } else { way.places[0] };
        let next = |way: &Way| if lower { way.places[way.places.len() - 2] } else { way.places[1] };
        let here = places[node(way)];
        let x = |way: &Way| places[next(way)].x;
        let others: Vec<&Way> = ways.iter().filter(|other| node(other) == node(way)).collect();
        let before = others.iter().filter(|other| x(other) < x(way)).count();
        let side = here.room.left.min(here.room.right);
        here.x + side * (width(2 * before + 1, 1.0) / width(others.len(), 1.0) - 1.0) * 0.9
    }

    /// The lower (1) or upper (-1) edge of a node.
    fn edge_of(&self, place: usize, side: f64) -> f64 {
        self.middle(place).1 + side * self.heights[place] / 2.0
    }

    fn middle(&self, place: usize) -> (f64, f64) {
        let place = self.layout.places[place];
        let (top, bottom) = self.layout.rows[place.row];
        (place.x, f64::midpoint(top, bottom))
    }

    fn put(&mut self, line: std::fmt::Arguments<'_>) {
        writeln!(self.text, "{line}").expect("a string takes any text");
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::super::sample::door::{EventKind, Machine as Door, StateKind};
    use super::*;

    #[test]
    fn every_state_and_every_arrow_is_drawn() {
        let svg = svg::<Door>();
        for state in StateKind::ALL {
            assert_eq!(svg.matches(&format!("data-state=\"{}\"", state.name())).count(), 1);
        }
        assert_eq!(svg.matches("class=\"state end\"").count(), Door::TERMINAL.len());
        assert_eq!(svg.matches("data-from").count(), arrows::<Door>().len());
        assert_eq!(svg.matches("marker-end").count(), arrows::<Door>().len());
        for event in EventKind::ALL {
            let rows = Door::EDGES.iter().filter(|edge| edge.event == *event).count();
            assert_eq!(svg.matches(&format!(">{}</text>", Door::wire(*event))).count(), rows);
        }
        assert!(svg.contains("data-from=\"\" data-to=\"Shut\""));
        assert!(!svg.contains("NaN"));
    }

    #[test]
    fn the_picture_is_the_same_each_time() {
        assert_eq!(svg::<Door>(), svg::<Door>());
    }

    #[test]
    fn names_cannot_break_out_of_the_text() {
        assert_eq!(escape("<a href=\"x\">&"), "&lt;a href=&quot;x&quot;&gt;&amp;");
    }
}
