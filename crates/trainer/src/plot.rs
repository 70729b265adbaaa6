use std::fmt::Write as _;

use crate::Reading;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 44.0;
const BOTTOM: f64 = 52.0;
/// Okabe and Ito's blue and vermilion, told apart by everybody; the lines differ in dashes too.
const LINES: [(&str, &str, &str); 2] = [("training", "#0072b2", ""), ("held out", "#d55e00", "6 4")];

/// The losses over the steps, as an SVG document. Hand-written: two lines need no plotting library.
pub fn loss_plot(readings: &[Reading]) -> String {
    let last = readings.last().map_or(1, |reading| reading.step).max(1) as f64;
    let values = || readings.iter().flat_map(|reading| [f64::from(reading.training), f64::from(reading.held_out)]);
    let low = values().fold(f64::INFINITY, f64::min).min(8.0).floor();
    let high = values().fold(low + 1.0, f64::max).ceil();
    let x = |step: f64| LEFT + (WIDTH - LEFT - RIGHT) * step / last;
    let y = |loss: f64| TOP + (HEIGHT - TOP - BOTTOM) * (high - loss) / (high - low);
    let mut parts = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <title>Loss of the model tiny over the training steps</title>\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n"
    );
    let text = |at: (f64, f64), anchor: &str, words: &str| {
        format!("<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\" fill=\"#333333\">{words}</text>\n", at.0, at.1)
    };
    let mut grid = String::new();
    let every = if high - low > 4.0 { 1.0 } else { 0.5 };
    let marks = ((high - low) / every).round() as usize;
    for loss in (0..=marks).map(|mark| low + every * mark as f64) {
        grid += &line((LEFT, y(loss)), (WIDTH - RIGHT, y(loss)), "#dddddd");
        grid += &text((LEFT - 8.0, y(loss) + 4.0), "end", &format!("{loss:.1}"));
    }
    let every = nice(last / 6.0);
    for step in (0..=(last / every) as usize).map(|mark| every * mark as f64) {
        grid += &line((x(step), HEIGHT - BOTTOM), (x(step), HEIGHT - BOTTOM + 5.0), "#333333");
        grid += &text((x(step), HEIGHT - BOTTOM + 20.0), "middle", &format!("{step:.0}"));
    }
    grid += &text((WIDTH / 2.0, HEIGHT - 12.0), "middle", "step");
    grid += &text((LEFT, 24.0), "start", "cross-entropy, nats per token");
    parts += &grid;
    for (index, (name, colour, dashes)) in LINES.into_iter().enumerate() {
        let points = readings.iter().fold(String::new(), |mut points, reading| {
            let loss = if index == 0 { reading.training } else { reading.held_out };
            // Writing into a string cannot fail.
            write!(points, "{:.1},{:.1} ", x(reading.step as f64), y(f64::from(loss))).unwrap_or_default();
            points
        });
        let style = format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dashes}\"");
        parts += &format!("<polyline points=\"{}\" {style}/>\n", points.trim_end());
        let at = WIDTH - 230.0 + 120.0 * index as f64;
        parts += &format!("<path d=\"M{at:.0} 20h28\" {style}/>\n");
        parts += &text((at + 34.0, 24.0), "start", name);
    }
    parts + "</svg>\n"
}

fn line(from: (f64, f64), to: (f64, f64), colour: &str) -> String {
    format!(
        "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{colour}\"/>\n",
        from.0, from.1, to.0, to.1
    )
}

/// The next of 1, 2, 5, 10, 20, 50, …
fn nice(least: f64) -> f64 {
    let power = 10_f64.powf(least.max(1.0).log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|step| *step >= least).unwrap_or(10.0 * power)
}
