//! The machine as a picture: one self-contained SVG, drawn here, for pages and reviews.
//!
//! Where things go is decided in `svg/layout.rs`. Each state is a group with `data-state`, each arrow one with
//! `data-from` and `data-to`, so that a page can point at where an instance stands.

use std::fmt::Write;

use super::{Arrow, arrows};
use crate::machine::{Kind, Machine};

mod layout;

use layout::{Edge, Layout, Room, Way, layout};

const MARGIN: f64 = 16.0;
const STATE_HEIGHT: f64 = 34.0;
/// The widest letters of a usual sans-serif at 13 px, on average.
const STATE_LETTER: f64 = 7.8;
/// A letter of a usual monospaced font at 11 px.
const LABEL_LETTER: f64 = 6.7;
const LABEL_LINE: f64 = 14.0;
const START_RADIUS: f64 = 6.0;
/// How far the arrow of a state to itself reaches to the right.
const LOOP: f64 = 30.0;

const STYLE: &str = "\
.machine text{font:600 13px system-ui,'DejaVu Sans',sans-serif;fill:#1d2733;text-anchor:middle}\
.machine .event{font:11px ui-monospace,'DejaVu Sans Mono',monospace;fill:#44546a;\
stroke:#fff;stroke-width:4px;stroke-linejoin:round;paint-order:stroke}\
.machine .loop{text-anchor:start}\
.machine .state rect{fill:#eef3fa;stroke:#4a6a94;stroke-width:1.4}\
.machine .end rect{fill:#e9efe6;stroke:#5a7a4a}\
.machine .border{fill:none!important;stroke-width:1!important}\
.machine path.line{fill:none;stroke:#8494a8;stroke-width:1.3}";

/// An SVG of the machine: states in rows from the start downwards, events by their stored names.
pub fn svg<M: Machine>() -> String {
    let arrows = arrows::<M>();
    let (loops, others): (Vec<_>, Vec<_>) =
        arrows.iter().partition(|arrow| arrow.from == Some(arrow.to));
    let node = |state: Option<M::StateKind>| state.map_or(0, |state| state.index() + 1);
    let own = |state: M::StateKind| loops.iter().copied().find(|arrow| arrow.to == state);
    let start = Room { left: START_RADIUS, right: START_RADIUS, height: 2.0 * START_RADIUS };
    let states = M::StateKind::ALL.iter().map(|state| state_room(*state, own(*state)));
    let nodes: Vec<Room> = [start].into_iter().chain(states).collect();
    let edges: Vec<Edge> = others
        .iter()
        .map(|arrow| Edge { from: node(arrow.from), to: node(Some(arrow.to)), label: room(arrow) })
        .collect();
    let mut picture = Picture { layout: layout(&nodes, &edges), text: String::new() };
    picture.open(M::NAME);
    for (index, arrow) in others.iter().enumerate() {
        picture.arrow(index, arrow);
    }
    for state in M::StateKind::ALL {
        picture.state::<M>(*state, own(*state));
    }
    picture.close()
}

/// The half width of a state's box.
fn half(state: impl Kind) -> f64 {
    width(state.name().chars().count(), STATE_LETTER) / 2.0 + 14.0
}

fn state_room<M: Machine>(state: M::StateKind, own: Option<&Arrow<M>>) -> Room {
    let half = half(state);
    let (extra, height) =
        own.map_or((0.0, 0.0), |arrow| (LOOP + 2.0 * room(arrow).right, room(arrow).height));
    Room { left: half, right: half + extra, height: height.max(STATE_HEIGHT) }
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
    text: String,
}

impl Picture {
    fn open(&mut self, name: &str) {
        let (width, height) = (self.layout.width + 2.0 * MARGIN, self.layout.height + 2.0 * MARGIN);
        let name = escape(name);
        self.put(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"machine\" role=\"img\" \
             width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\">"
        ));
        self.put(format_args!("<title>The states of {name}</title>"));
        self.put(format_args!("<style>{STYLE}</style>"));
        self.put(format_args!(
            "<defs><marker id=\"machine-head\" viewBox=\"0 0 8 8\" refX=\"7.5\" refY=\"4\" \
             markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\">\
             <path d=\"M0 0.6 8 4 0 7.4Z\" fill=\"#8494a8\"/></marker></defs>"
        ));
        self.put(format_args!("<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#fff\"/>"));
        self.put(format_args!("<g transform=\"translate({MARGIN} {MARGIN})\">"));
        let (x, y) = self.middle(0);
        self.put(format_args!(
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{START_RADIUS}\" fill=\"#4a6a94\"/>"
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
            "<path class=\"line\" marker-end=\"url(#machine-head)\" d=\"{line}\"/>"
        ));
        let (x, y) = self.middle(self.layout.ways[index].label);
        self.label(arrow, x, y, "event");
        self.put(format_args!("</g>"));
    }

    fn state<M: Machine>(&mut self, state: M::StateKind, own: Option<&Arrow<M>>) {
        let (x, y) = self.middle(state.index() + 1);
        let (half, name) = (half(state), state.name());
        let (left, top) = (x - half, y - STATE_HEIGHT / 2.0);
        let (width, height) = (2.0 * half, STATE_HEIGHT);
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
        let baseline = y + 4.5;
        self.put(format_args!("<text x=\"{x:.1}\" y=\"{baseline:.1}\">{name}</text>"));
        if let Some(arrow) = own {
            let (right, out) = (x + half, x + half + LOOP);
            let (upper, lower) = (y - 7.0, y + 7.0);
            self.put(format_args!(
                "<path class=\"line\" marker-end=\"url(#machine-head)\" \
                 d=\"M{right:.1} {upper:.1}C{out:.1} {upper:.1} {out:.1} {lower:.1} {right:.1} {lower:.1}\"/>"
            ));
            self.label(arrow, right + LOOP - 2.0, y, "event loop");
        }
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
        let height = if place == 0 { 2.0 * START_RADIUS } else { STATE_HEIGHT };
        self.middle(place).1 + side * height / 2.0
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
