//! Everything that can be read off a table of what people and what the judge said.

use crate::{Absence, Agreement, Correlations, Figure, estimate::Measure};

/// By what people said, in the order of `Outcome::ALL`, and what the judge said, in the order of `FinalAnswer::ALL`: how often.
pub(crate) type Table = [[f64; 7]; 4];

/// Left, tie of either kind, right: people's in rows, the judge's in columns, over what was answered.
type Three = [[f64; 3]; 3];

/// As many as [`measures`] gives.
pub(crate) const MEASURES: usize = 11;

const UNPARSED: usize = 5;

/// In the order of the fields of [`Agreement`]; `empty` is why a table without an entry is one.
pub(crate) fn measures(table: &Table, empty: Absence) -> [Measure; MEASURES] {
    let all: f64 = table.as_flattened().iter().sum();
    let row = |outcome: usize, columns: usize| table[outcome][..columns].iter().sum::<f64>();
    let decisive = row(0, 7) + row(1, 7);
    let decisive_answered = row(0, UNPARSED) + row(1, UNPARSED);
    let same_side = table[0][0] + table[1][1];
    let both_decisive = same_side + table[0][1] + table[1][0];
    let same_four = same_side + table[2][2] + table[3][3] + table[2][4] + table[3][4];
    let three = merged(table);
    let same_three = three[0][0] + three[1][1] + three[2][2];
    let answered: f64 = three.as_flattened().iter().sum();

    let votes = if all > 0.0 { Absence::NothingDecisive } else { empty };
    let spread = if all == 0.0 {
        empty
    } else if answered == 0.0 {
        Absence::NoAnswers
    } else {
        Absence::Constant
    };
    let [pearson, spearman, kendall] = correlations(&three);
    let over_answered = |value: Option<f64>| Measure { value: value.ok_or(spread), count: answered };
    [
        Measure::share(same_four, all, empty),
        Measure::share(same_three, all, empty),
        Measure::share(same_side, decisive_answered, votes),
        Measure::share(same_side, decisive, votes),
        Measure::share(same_side, both_decisive, votes),
        over_answered(kappa_four(table, same_four, answered)),
        over_answered(kappa(&three, |one, other| f64::from(u8::from(one != other)))),
        over_answered(kappa(&three, |one, other| (one as f64 - other as f64).powi(2))),
        over_answered(pearson),
        over_answered(spearman),
        over_answered(kendall),
    ]
}

/// Figures in the order of [`measures`] as the report has them.
pub(crate) fn agreement(figures: [Figure; MEASURES]) -> Agreement {
    let [
        accuracy_four,
        accuracy_three,
        accuracy_decisive,
        accuracy_decisive_all,
        accuracy_both_decisive,
        kappa,
        kappa_three,
        kappa_quadratic,
        pearson,
        spearman,
        kendall,
    ] = figures;
    let answers = Correlations { pearson, spearman, kendall };
    Agreement {
        accuracy_four,
        accuracy_three,
        accuracy_decisive,
        accuracy_decisive_all,
        accuracy_both_decisive,
        kappa,
        kappa_three,
        kappa_quadratic,
        answers,
    }
}

fn merged(table: &Table) -> Three {
    let mut three = Three::default();
    for (row, place) in table.iter().zip([0, 2, 1, 1]) {
        three[place][0] += row[0];
        three[place][1] += row[2] + row[3] + row[4];
        three[place][2] += row[1];
    }
    three
}

/// Cohen's κ of four outcomes, with a tie of no kind agreeing with either kind, in what is observed and in what chance gives.
fn kappa_four(table: &Table, same: f64, answered: f64) -> Option<f64> {
    let rows = table.map(|row| row[..UNPARSED].iter().sum::<f64>());
    let column = |at: usize| table.iter().map(|row| row[at]).sum::<f64>();
    let by_chance: f64 = (0..4).map(|at| rows[at] * column(at)).sum::<f64>() + (rows[2] + rows[3]) * column(4);
    let apart = answered * answered - by_chance;
    (apart > 1e-12 * answered * answered).then(|| (same * answered - by_chance) / apart)
}

/// Cohen's κ by weights of disagreement: 1 − observed / by chance.
///
/// Source: J. Cohen, *Weighted kappa* (1968).
pub(crate) fn kappa(table: &Three, weight: impl Fn(usize, usize) -> f64) -> Option<f64> {
    let all: f64 = table.as_flattened().iter().sum();
    let (rows, columns) = margins(table);
    let (mut observed, mut by_chance) = (0.0, 0.0);
    for (row, column, weight) in (0..3)
        .flat_map(|row| (0..3).map(move |column| (row, column)))
        .map(|(row, column)| (row, column, weight(row, column)))
    {
        observed += weight * table[row][column];
        by_chance += weight * rows[row] * columns[column];
    }
    (by_chance > 1e-12 * all * all).then(|| 1.0 - observed * all / by_chance)
}

fn margins(table: &Three) -> ([f64; 3], [f64; 3]) {
    (table.map(|row| row.iter().sum()), std::array::from_fn(|at| table.iter().map(|row| row[at]).sum()))
}

/// Pearson, Spearman (mean ranks) and Kendall's τ-b; the order of the categories is that of falling scores on both sides.
fn correlations(table: &Three) -> [Option<f64>; 3] {
    let (rows, columns) = margins(table);
    let scores = [1.0, 0.5, 0.0];
    [
        pearson(table, &rows, &columns, &scores, &scores),
        pearson(table, &rows, &columns, &ranks(&rows), &ranks(&columns)),
        kendall(table, &rows, &columns),
    ]
}

fn ranks(counts: &[f64; 3]) -> [f64; 3] {
    [counts[0] / 2.0, counts[0] + counts[1] / 2.0, counts[0] + counts[1] + counts[2] / 2.0]
}

fn pearson(
    table: &Three,
    rows: &[f64; 3],
    columns: &[f64; 3],
    row_values: &[f64; 3],
    column_values: &[f64; 3],
) -> Option<f64> {
    let all: f64 = rows.iter().sum();
    let centred = |counts: &[f64; 3], values: &[f64; 3]| {
        let mean = counts.iter().zip(values).map(|(count, value)| count * value).sum::<f64>() / all;
        values.map(|value| value - mean)
    };
    if varied(rows) < 2 || varied(columns) < 2 {
        return None;
    }
    let (row_values, column_values) = (centred(rows, row_values), centred(columns, column_values));
    let squares = |counts: &[f64; 3], values: &[f64; 3]| -> f64 {
        counts.iter().zip(values).map(|(count, value)| count * value * value).sum()
    };
    let spread = (squares(rows, &row_values) * squares(columns, &column_values)).sqrt();
    let mut product = 0.0;
    for (row, value) in table.iter().zip(&row_values) {
        product += value * weighted_sum(row, &column_values);
    }
    (spread > 0.0).then(|| (product / spread).clamp(-1.0, 1.0))
}

fn weighted_sum(counts: &[f64; 3], values: &[f64; 3]) -> f64 {
    counts.iter().zip(values).map(|(count, value)| count * value).sum()
}

fn varied(counts: &[f64; 3]) -> usize {
    counts.iter().filter(|count| **count > 0.0).count()
}

fn kendall(table: &Three, rows: &[f64; 3], columns: &[f64; 3]) -> Option<f64> {
    let (mut concordant, mut discordant) = (0.0, 0.0);
    for row in 0..3 {
        for lower in row + 1..3 {
            for column in 0..3 {
                concordant += table[row][column] * table[lower][column + 1..].iter().sum::<f64>();
                discordant += table[row][column] * table[lower][..column].iter().sum::<f64>();
            }
        }
    }
    let unlevel = |counts: &[f64; 3]| counts[0] * (counts[1] + counts[2]) + counts[1] * counts[2];
    let spread = (unlevel(rows) * unlevel(columns)).sqrt();
    (spread > 0.0).then(|| ((concordant - discordant) / spread).clamp(-1.0, 1.0))
}
