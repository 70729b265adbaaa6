//! Correlations of a judge's scores, which are any numbers, with votes.
//!
//! There are as many different scores as questions, so that no cells can be drawn in their place, and rank correlations of
//! drawn questions cost a sort each. The standard errors are those of the influence functions instead: how much each
//! vote moves the figure, summed over the votes of a question, squared and added. That is the variance which the bootstrap
//! over questions estimates, up to terms of the order of 1 / questions.

use crate::{
    Absence, Correlations, Estimate, Figure,
    panel::{Judged, Question},
};

/// A judge's score difference on a question, and the votes for right, tie of either kind, left.
struct Item {
    score: f64,
    votes: [f64; 3],
}

/// Of the difference of the scores with votes, with intervals of so many standard errors.
pub(crate) fn score_correlations(questions: &[Question], judged: &[Judged], quantile: f64) -> Correlations {
    let mut items = Vec::new();
    let (mut scored, mut voted) = (false, false);
    for found in judged {
        let [left, right, tie, both_bad] = questions[found.question as usize].votes.map(f64::from);
        let votes = [right, tie + both_bad, left];
        let has_votes = votes != [0.0; 3];
        voted |= has_votes;
        if let Some(score) = found.score_difference {
            scored = true;
            if has_votes {
                // So that −0 and 0 are one score in any order.
                items.push(Item { score: score + 0.0, votes });
            }
        }
    }
    let empty = match (scored, voted) {
        (false, _) => Some(Absence::NoScores),
        (true, false) => Some(Absence::NoVotes),
        // Scores here, votes there.
        (true, true) => items.is_empty().then_some(Absence::NoScores),
    };
    if let Some(absence) = empty {
        let absent = Figure::Absent(absence);
        return Correlations { pearson: absent, spearman: absent, kendall: absent };
    }
    let sample = Sample::new(items);
    let figure = |found: Option<(f64, f64)>| {
        found.map_or(Figure::Absent(Absence::Constant), |(value, variance)| sample.figure(value, variance, quantile))
    };
    Correlations {
        pearson: figure(sample.pearson()),
        spearman: figure(sample.spearman()),
        kendall: figure(sample.kendall()),
    }
}

/// Items in the order of their scores, and where each score begins.
struct Sample {
    items: Vec<Item>,
    /// Beginnings of equal scores, and the end.
    groups: Vec<usize>,
    totals: [f64; 3],
    votes: f64,
}

impl Sample {
    fn new(mut items: Vec<Item>) -> Self {
        items.sort_unstable_by(|one, other| one.score.total_cmp(&other.score));
        let starts = (0..items.len()).filter(|&at| at == 0 || items[at].score != items[at - 1].score);
        let groups: Vec<usize> = starts.chain([items.len()]).collect();
        let totals = sum(&items);
        Self { groups, totals, votes: totals.iter().sum(), items }
    }

    fn is_constant(&self) -> bool {
        self.groups.len() < 3 || self.totals.iter().filter(|total| **total > 0.0).count() < 2
    }

    fn groups(&self) -> impl Iterator<Item = &[Item]> {
        self.groups.windows(2).map(|ends| &self.items[ends[0]..ends[1]])
    }

    /// Σ over items of (Σ over votes of the influence)², over votes²: a variance.
    fn variance(&self, influence: impl Fn(usize, &Item) -> [f64; 3]) -> f64 {
        let squares = self.groups().enumerate().flat_map(|(group, items)| items.iter().map(move |item| (group, item)));
        let squares = squares.map(|(group, item)| {
            let influence = influence(group, item);
            (0..3).map(|level| item.votes[level] * influence[level]).sum::<f64>().powi(2)
        });
        squares.sum::<f64>() / (self.votes * self.votes)
    }

    /// Pearson's r with its variance; the influence is z·w − r (z² + w²) / 2 of standardised z and w.
    fn pearson(&self) -> Option<(f64, f64)> {
        if self.is_constant() {
            return None;
        }
        // In units of the largest, so that no square overflows.
        let unit = self.items.iter().fold(0.0_f64, |largest, item| largest.max(item.score.abs()));
        let weight = |item: &Item| item.votes.iter().sum::<f64>();
        let mean = self.items.iter().map(|item| weight(item) * (item.score / unit)).sum::<f64>() / self.votes;
        let square = |item: &Item| weight(item) * (item.score / unit - mean).powi(2);
        let spread = (self.items.iter().map(square).sum::<f64>() / self.votes).sqrt();
        let levels = standardised(&[0.0, 0.5, 1.0], &self.totals, self.votes);
        if spread <= 0.0 {
            return None;
        }
        let standard = |item: &Item| (item.score / unit - mean) / spread;
        let product = |item: &Item| standard(item) * (0..3).map(|at| item.votes[at] * levels[at]).sum::<f64>();
        let value = (self.items.iter().map(product).sum::<f64>() / self.votes).clamp(-1.0, 1.0);
        let variance = self.variance(|_, item| {
            let here = standard(item);
            levels.map(|level| here * level - value * (here * here + level * level) / 2.0)
        });
        Some((value, variance))
    }

    /// Spearman's ρ with its variance: Pearson's of the mid-distribution functions, of which each observation moves its own
    /// place and everybody else's.
    fn spearman(&self) -> Option<(f64, f64)> {
        if self.is_constant() {
            return None;
        }
        let votes = self.votes;
        let group_totals: Vec<[f64; 3]> = self.groups().map(sum).collect();
        let sizes: Vec<f64> = group_totals.iter().map(|totals| totals.iter().sum()).collect();
        let places = centred_places(&sizes, votes);
        let levels = centred_places(&self.totals, votes);
        let dot = |one: &[f64], other: &[f64]| one.iter().zip(other).map(|(one, other)| one * other).sum::<f64>();
        let product = places.iter().zip(&group_totals).map(|(place, totals)| place * dot(totals, &levels)).sum::<f64>();
        let (product, places_spread, levels_spread) = (
            product / votes,
            places.iter().zip(&sizes).map(|(place, size)| size * place * place).sum::<f64>() / votes,
            levels.iter().zip(&self.totals).map(|(level, size)| size * level * level).sum::<f64>() / votes,
        );
        let spread = (places_spread * levels_spread).sqrt();
        if spread <= 0.0 {
            return None;
        }
        let value = (product / spread).clamp(-1.0, 1.0);
        // Mean over everyone above (and half of those level) of the other's, and of one's own, centred place.
        let others = from_here(group_totals.iter().map(|totals| dot(totals, &levels)), votes);
        let own = from_here(places.iter().zip(&sizes).map(|(place, size)| place * size), votes);
        let by_level =
            |level: usize| places.iter().zip(&group_totals).map(|(place, totals)| place * totals[level]).sum::<f64>();
        let level_others = from_here((0..3).map(by_level), votes);
        let level_own = from_here((0..3).map(|at| levels[at] * self.totals[at]), votes);
        let variance = self.variance(|group, _| {
            let place = places[group];
            std::array::from_fn(|at| {
                let of_product = place * levels[at] - 3.0 * product + others[group] + level_others[at];
                let of_places = place * place + 2.0 * own[group] - 3.0 * places_spread;
                let of_levels = levels[at] * levels[at] + 2.0 * level_own[at] - 3.0 * levels_spread;
                of_product / spread - value / 2.0 * (of_places / places_spread + of_levels / levels_spread)
            })
        });
        Some((value, variance))
    }

    /// Kendall's τ-b with its variance, by the projections of its three U-statistics.
    fn kendall(&self) -> Option<(f64, f64)> {
        if self.is_constant() {
            return None;
        }
        let votes = self.votes;
        let signs = |counts: &[f64; 3]| [-counts[1] - counts[2], counts[0] - counts[2], counts[0] + counts[1]];
        let mut below = [0.0; 3];
        let mut concordance = Vec::with_capacity(self.groups.len());
        let mut unlevel = Vec::with_capacity(self.groups.len());
        let (mut all_concordance, mut all_unlevel) = (0.0, 0.0);
        for items in self.groups() {
            let here = sum(items);
            let above: [f64; 3] = std::array::from_fn(|at| self.totals[at] - below[at] - here[at]);
            let (lower, higher) = (signs(&below), signs(&above));
            let each: [f64; 3] = std::array::from_fn(|at| (lower[at] - higher[at]) / votes);
            let size: f64 = here.iter().sum();
            all_concordance += (0..3).map(|at| here[at] * each[at]).sum::<f64>();
            all_unlevel += size * (votes - size) / votes;
            concordance.push(each);
            unlevel.push((votes - size) / votes);
            below = std::array::from_fn(|at| below[at] + here[at]);
        }
        let (mean, scores_apart) = (all_concordance / votes, all_unlevel / votes);
        let level_apart = self.totals.map(|total| (votes - total) / votes);
        let votes_apart = (0..3).map(|at| self.totals[at] * level_apart[at]).sum::<f64>() / votes;
        let spread = (scores_apart * votes_apart).sqrt();
        if spread <= 0.0 {
            return None;
        }
        let value = (mean / spread).clamp(-1.0, 1.0);
        let variance = self.variance(|group, _| {
            std::array::from_fn(|at| {
                let of_ties =
                    (unlevel[group] - scores_apart) / scores_apart + (level_apart[at] - votes_apart) / votes_apart;
                2.0 * (concordance[group][at] - mean) / spread - value * of_ties
            })
        });
        Some((value, variance))
    }

    /// An interval in Fisher's z = artanh(r), where the spread hardly depends on the value, and back.
    fn figure(&self, value: f64, variance: f64, quantile: f64) -> Figure {
        let rest = 1.0 - value * value;
        // Nearer to ±1 than rounding tells, there is nothing left to be unsure of.
        let (low, high) = if rest > 1e-12 {
            let reach = quantile * variance.sqrt() / rest;
            ((value.atanh() - reach).tanh(), (value.atanh() + reach).tanh())
        } else {
            (value, value)
        };
        let (low, high) = (low.min(value), high.max(value));
        Figure::Estimate(Estimate { value, low, high, count: self.votes as u64, resamples: 0 })
    }
}

fn sum(items: &[Item]) -> [f64; 3] {
    items.iter().fold([0.0; 3], |sum, item| std::array::from_fn(|at| sum[at] + item.votes[at]))
}

fn standardised(values: &[f64; 3], weights: &[f64; 3], total: f64) -> [f64; 3] {
    let mean = (0..3).map(|at| values[at] * weights[at]).sum::<f64>() / total;
    let spread = ((0..3).map(|at| weights[at] * (values[at] - mean).powi(2)).sum::<f64>() / total).sqrt();
    values.map(|value| (value - mean) / spread)
}

/// Share below and half of the share level, less ½; the sizes are those of the levels in order.
fn centred_places(sizes: &[f64], total: f64) -> Vec<f64> {
    let mut below = 0.0;
    let place = |size: &f64| {
        let place = (below + size / 2.0) / total - 0.5;
        below += size;
        place
    };
    sizes.iter().map(place).collect()
}

/// Per level half of its own amount and all of those above, over the total.
fn from_here(amounts: impl Iterator<Item = f64>, total: f64) -> Vec<f64> {
    let amounts: Vec<f64> = amounts.collect();
    let mut above: f64 = 0.0;
    let mut means: Vec<f64> = amounts
        .iter()
        .rev()
        .map(|amount| {
            let mean = (above + amount / 2.0) / total;
            above += amount;
            mean
        })
        .collect();
    means.reverse();
    means
}
