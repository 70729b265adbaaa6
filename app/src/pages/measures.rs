use leptos::prelude::*;
use serde::Deserialize;

use crate::{components::head::PageHead, format};

/// What `cargo xtask models evaluate` found of the models that ship.
const FOUND: &str = include_str!("../../../public/models/pictures/measures.json");

#[derive(Debug, Clone, Deserialize)]
struct Found {
    captions: u64,
    pictures_each: u64,
    rows: Vec<Row>,
}

#[derive(Debug, Clone, Deserialize)]
struct Row {
    model: String,
    steps: Option<u32>,
    guidance: Option<f64>,
    quality: Quality,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct Quality {
    retrieval: Retrieval,
    frechet: f64,
    diversity: f64,
    nearest_training: f64,
    copied: f64,
    milliseconds: f64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct Retrieval {
    at_1: f64,
    at_5: f64,
}

/// What a chart has across and up, and whether more is better.
struct Axes {
    id: &'static str,
    heading: &'static str,
    text: &'static str,
    up_name: &'static str,
    up: fn(&Quality) -> f64,
    more_is_better: bool,
}

const CHARTS: [Axes; 2] = [
    Axes {
        id: "front-realism",
        heading: "Fits the words, and looks like an emoji",
        text: "Up: Fréchet distance to real emoji that no model has seen; higher on the chart is nearer, and better.",
        up_name: "Fréchet distance",
        up: |quality| quality.frechet,
        more_is_better: false,
    },
    Axes {
        id: "front-diversity",
        heading: "Fits the words, and is not always the same",
        text: "Up: how far two pictures for the same words are from each other; more is more varied.",
        up_name: "Distance of two pictures for one caption",
        up: |quality| quality.diversity,
        more_is_better: true,
    },
];

/// How good the models that draw are, by measures: what they gain and lose by steps and guidance.
#[component]
pub(crate) fn MeasuresPage() -> impl IntoView {
    // Written by our own program, and read by a test below.
    let Ok(found) = serde_json::from_str::<Found>(FOUND) else { return ().into_any() };
    let drawn: Vec<Row> = found.rows.iter().filter(|row| row.steps.is_some()).cloned().collect();
    let charts = CHARTS.map(|axes| chart(&axes, &drawn)).collect_view();
    let rows = found.rows.iter().map(table_row).collect_view();
    let lead = [
        "Each model was asked for ",
        &format::count(found.captions),
        " emoji that none has seen, ",
        &format::counted(found.pictures_each, "time", "times"),
        " each. Steps and guidance are settings: more guidance fits the words better and varies less. What no other setting beats in both directions is on the line.",
    ]
    .concat();
    view! {
        <PageHead title="How well they draw" description="Measures of the models that draw: fit to the words, likeness to real emoji, variety, by steps and guidance."/>
        <h1>"How well they draw"</h1>
        <p class="lead">{lead}</p>
        <p class="muted">
            "Across: how often a judge that learned pictures and captions together finds the picture’s caption among a hundred, in its first five. A measure is not a vote: what people prefer is on "
            <a href="/arena/emoji/leaderboard">"the leaderboard"</a> "."
        </p>
        <div class="fronts">{charts}</div>
        <div class="scroll" tabindex="0" role="region" aria-label="All measures">
            <table class="findings__table">
                <caption class="visually-hidden">"All measures"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Model"</th>
                        <th scope="col">"Steps"</th>
                        <th scope="col">"Guidance"</th>
                        <th scope="col">"Found first"</th>
                        <th scope="col">"Among five"</th>
                        <th scope="col">"Fréchet"</th>
                        <th scope="col">"Variety"</th>
                        <th scope="col">"To training"</th>
                        <th scope="col">"Copied"</th>
                        <th scope="col">"ms"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <p class="muted">
            "“To training”: mean distance of pixels to the nearest picture that the model was trained on, of 1; “copied”: the share nearer than 0.05. Milliseconds natively, on one machine that did other things too."
        </p>
        <p><a href="/playground/pictures">"Draw yourself"</a></p>
    }
    .into_any()
}

fn name(model: &str) -> &str {
    match model {
        "truth" => "Real emoji",
        "nearest" => "Nearest emoji (no model)",
        "diffusion" => "Diffusion",
        "consistency" => "Consistency",
        "flow" => "Flow matching",
        other => other,
    }
}

fn table_row(row: &Row) -> impl IntoView + use<> {
    let Quality { retrieval, frechet, diversity, nearest_training, copied, milliseconds } = row.quality;
    view! {
        <tr>
            <th scope="row">{name(&row.model).to_owned()}</th>
            <td>{row.steps.map(|steps| steps.to_string())}</td>
            <td>{row.guidance.map(format::setting)}</td>
            <td>{format::percent(retrieval.at_1)}</td>
            <td>{format::percent(retrieval.at_5)}</td>
            <td>{format::tenths(frechet)}</td>
            <td>{format::tenths(diversity)}</td>
            <td>{format::thousandths(nearest_training)}</td>
            <td>{format::percent(copied)}</td>
            <td>{row.steps.map(|_| format::whole(milliseconds))}</td>
        </tr>
    }
}

/// Width and height of a chart's plot, in its own units.
const PLOT: (f64, f64) = (320.0, 200.0);

fn chart(axes: &Axes, rows: &[Row]) -> impl IntoView + use<> {
    let points: Vec<(f64, f64)> =
        rows.iter().map(|row| (row.quality.retrieval.at_5, (axes.up)(&row.quality))).collect();
    let (across, up) =
        (Scale::around(points.iter().map(|point| point.0)), Scale::around(points.iter().map(|point| point.1)));
    let place = |point: &(f64, f64)| {
        let height = if axes.more_is_better { 1.0 - up.share(point.1) } else { up.share(point.1) };
        (PLOT.0 * across.share(point.0), PLOT.1 * height)
    };
    let front = front(&points, axes.more_is_better);
    let line: Vec<String> = front
        .iter()
        .map(|index| {
            let (x, y) = place(&points[*index]);
            format!("{x:.1},{y:.1}")
        })
        .collect();
    let dots = rows.iter().zip(&points).enumerate().map(|(index, (row, point))| {
        let (x, y) = place(point);
        let words = [name(&row.model), ", ", &settings(row)].concat();
        let class = ["fronts__dot fronts__dot--", &row.model].concat();
        let label = front.contains(&index).then(|| {
            // To the left of a dot at the right edge.
            let (from, anchor) = if x > PLOT.0 * 0.7 { (x - 8.0, "end") } else { (x + 8.0, "start") };
            view! { <text class="fronts__label" x=format!("{from:.1}") y=format!("{:.1}", y - 6.0) text-anchor=anchor>{settings(row)}</text> }
        });
        view! {
            <circle class=class cx=format!("{x:.1}") cy=format!("{y:.1}") r="5"><title>{words}</title></circle>
            {label}
        }
    });
    let dots = dots.collect_view();
    let mut models: Vec<&str> = rows.iter().map(|row| row.model.as_str()).collect();
    models.dedup();
    let key = models.into_iter().map(|model| {
        let class = ["fronts__dot fronts__dot--", model].concat();
        view! { <span><svg class="fronts__key" viewBox="-6 -6 12 12" aria-hidden="true"><circle class=class r="5"/></svg> {name(model).to_owned()}</span> }
    });
    let key = key.collect_view();
    let (low, high) = if axes.more_is_better { (up.low, up.high) } else { (up.high, up.low) };
    let said = [axes.heading, ". The table has the numbers."].concat();
    view! {
        <section class="findings" aria-labelledby=axes.id>
            <h2 id=axes.id>{axes.heading}</h2>
            <p class="muted">{axes.text}</p>
            <svg class="fronts__plot" viewBox="-44 -14 384 250" role="img" aria-label=said>
                <rect class="reliability__frame" x="0" y="0" width=PLOT.0.to_string() height=PLOT.1.to_string()/>
                <polyline class="fronts__line" points=line.join(" ")/>
                {dots}
                <text class="fronts__tick" x="-6" y="8" text-anchor="end">{format::tenths(high)}</text>
                <text class="fronts__tick" x="-6" y=PLOT.1.to_string() text-anchor="end">{format::tenths(low)}</text>
                <text class="fronts__tick" x="0" y=(PLOT.1 + 16.0).to_string() text-anchor="start">{format::percent(across.low)}</text>
                <text class="fronts__tick" x=PLOT.0.to_string() y=(PLOT.1 + 16.0).to_string() text-anchor="end">{format::percent(across.high)}</text>
                <text class="fronts__tick" x=(PLOT.0 / 2.0).to_string() y=(PLOT.1 + 30.0).to_string() text-anchor="middle">"Caption found among five"</text>
                <text class="fronts__tick" x=(-PLOT.1 / 2.0).to_string() y="-30" text-anchor="middle" transform="rotate(-90)">{axes.up_name}</text>
            </svg>
            <p class="judges__key">{key}</p>
        </section>
    }
}

fn settings(row: &Row) -> String {
    let steps = format::counted(row.steps.unwrap_or_default().into(), "step", "steps");
    match row.guidance.filter(|guidance| (*guidance - 1.0).abs() > f64::EPSILON) {
        Some(guidance) => [&steps, ", guidance ", &format::setting(guidance)].concat(),
        None => steps,
    }
}

/// What no other point beats in both directions, from left to right. Across, more is better.
fn front(points: &[(f64, f64)], more_is_better: bool) -> Vec<usize> {
    let up = |point: &(f64, f64)| if more_is_better { point.1 } else { -point.1 };
    let beats = |one: &(f64, f64), other: &(f64, f64)| {
        one.0 >= other.0 && up(one) >= up(other) && (one.0 > other.0 || up(one) > up(other))
    };
    let mut front: Vec<usize> =
        (0..points.len()).filter(|index| !points.iter().any(|other| beats(other, &points[*index]))).collect();
    front.sort_by(|one, other| points[*one].0.total_cmp(&points[*other].0));
    front
}

/// A range with some room at both ends.
struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    fn around(values: impl Iterator<Item = f64> + Clone) -> Self {
        let (low, high) = (values.clone().fold(f64::INFINITY, f64::min), values.fold(f64::NEG_INFINITY, f64::max));
        let room = ((high - low) * 0.12).max(1e-3);
        Self { low: low - room, high: high + room }
    }

    fn share(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_measures_that_ship_are_read_and_every_model_has_its_row() {
        let found: Found = serde_json::from_str(FOUND).unwrap();
        assert!(found.rows.iter().any(|row| row.model == "truth") && found.captions > 0);
        for row in found.rows.iter().filter(|row| row.steps.is_some()) {
            assert!(row.quality.retrieval.at_1 <= row.quality.retrieval.at_5 && row.quality.frechet > 0.0, "{row:?}");
            assert_ne!(name(&row.model), row.model, "it has a name for people");
        }
    }

    #[test]
    fn a_front_is_what_nothing_beats_in_both_directions() {
        let points = [(0.2, 5.0), (0.4, 4.0), (0.3, 3.0), (0.6, 1.0), (0.6, 0.5)];
        assert_eq!(front(&points, true), [0, 1, 3]);
        // With a distance up, the smallest that is farthest right beats all.
        assert_eq!(front(&points, false), [4]);
        assert!(front(&[], true).is_empty());
    }
}
