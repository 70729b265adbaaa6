//! How far stated probabilities are true.

use std::collections::HashMap;

use plaudit_domain::Outcome;

use crate::{
    Absence, Calibration, CalibrationBin, FinalAnswer, Options,
    estimate::Measure,
    panel::{Judged, Question},
    proportion::Ratio,
    resample::bootstrap,
};

/// What was stated of a question, and in how many of its votes the event happened.
struct Stated {
    probability: f64,
    votes: f64,
    happened: f64,
}

/// Of the confidence in the final answer: a vote that says the same is the event.
pub(crate) fn of_confidence(
    questions: &[Question],
    judged: &[Judged],
    options: &Options,
    quantile: f64,
) -> Calibration {
    let mut not_stated = 0;
    let mut stated = Vec::new();
    for found in judged {
        let (question, answer) = (&questions[found.question as usize], found.answer);
        match found.confidence {
            Some(probability) if answer.is_answer() => stated.push(Stated {
                probability,
                votes: question.count() as f64,
                happened: matching(question, answer) as f64,
            }),
            _ => not_stated += question.count(),
        }
    }
    calibration(&stated, not_stated, options, quantile)
}

/// Of the probability that left is better, over both orders on average: a decisive vote for left is the event.
pub(crate) fn of_probability(
    questions: &[Question],
    judged: &[Judged],
    options: &Options,
    quantile: f64,
) -> Calibration {
    let mut not_stated = 0;
    let mut stated = Vec::new();
    for found in judged {
        let [left, right, ..] = questions[found.question as usize].votes;
        let decisive = u64::from(left) + u64::from(right);
        match found.left_better {
            Some(probability) => {
                stated.push(Stated { probability, votes: decisive as f64, happened: f64::from(left) });
            }
            None => not_stated += decisive,
        }
    }
    calibration(&stated, not_stated, options, quantile)
}

pub(crate) fn matching(question: &Question, answer: FinalAnswer) -> u64 {
    let counts = Outcome::ALL.iter().zip(&question.votes).filter(|(outcome, _)| answer.matches(**outcome));
    counts.map(|(_, &count)| u64::from(count)).sum()
}

/// Questions in one bin with as many votes and events.
#[derive(Default)]
struct Alike {
    questions: u64,
    stated: f64,
}

fn calibration(stated: &[Stated], not_stated: u64, options: &Options, quantile: f64) -> Calibration {
    let bins = options.bins as usize;
    let empty = if stated.is_empty() { Absence::NoCertainty } else { Absence::NoVotes };
    let mut shares = vec![Ratio::default(); bins];
    let mut sums = vec![0.0; bins];
    let mut counts = vec![0_u64; bins];
    let (mut brier, mut log_loss) = (Ratio::default(), Ratio::default());
    let mut alike: HashMap<(usize, u64, u64), Alike> = HashMap::new();
    for Stated { probability, votes, happened } in stated.iter().filter(|stated| stated.votes > 0.0) {
        let bin = ((probability * bins as f64) as usize).min(bins - 1);
        shares[bin].add(*happened, *votes);
        sums[bin] += probability * votes;
        counts[bin] += *votes as u64;
        let not = votes - happened;
        brier.add(happened * (1.0 - probability).powi(2) + not * probability.powi(2), *votes);
        let inside = probability.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
        log_loss.add(-happened * inside.ln() - not * (1.0 - inside).ln(), *votes);
        let group = alike.entry((bin, *votes as u64, *happened as u64)).or_default();
        group.questions += 1;
        group.stated += probability;
    }
    let mut alike: Vec<((usize, u64, u64), Alike)> = alike.into_iter().collect();
    alike.sort_unstable_by_key(|(key, _)| *key);
    let questions: Vec<u64> = alike.iter().map(|(_, group)| group.questions).collect();
    // What was stated varies within a bin by a tenth of it at most; its mean stands for it in the resamples.
    let alike: Vec<(usize, f64, f64)> = alike
        .iter()
        .map(|&((bin, votes, happened), ref group)| {
            let mean = group.stated / group.questions as f64;
            (bin, votes as f64, happened as f64 - mean * votes as f64)
        })
        .collect();
    let mut gaps = vec![0.0; bins];
    let [expected_calibration_error] = bootstrap(&questions, options, |drawn| {
        gaps.fill(0.0);
        let mut all = 0.0;
        for (&(bin, votes, gap), times) in alike.iter().zip(drawn) {
            gaps[bin] += times * gap;
            all += times * votes;
        }
        [Measure::share(gaps.iter().map(|gap| gap.abs()).sum(), all, empty)]
    });
    let bins = (0..bins).map(|bin| CalibrationBin {
        low: bin as f64 / bins as f64,
        high: (bin + 1) as f64 / bins as f64,
        count: counts[bin],
        mean_stated: (counts[bin] > 0).then(|| sums[bin] / counts[bin] as f64),
        share_right: shares[bin].share(quantile, empty_bin(empty, stated.len())),
    });
    Calibration {
        bins: bins.collect(),
        expected_calibration_error,
        brier: brier.mean(quantile, [0.0, 1.0], empty),
        log_loss: log_loss.mean(quantile, [0.0, f64::MAX], empty),
        not_stated,
    }
}

fn empty_bin(empty: Absence, stated: usize) -> Absence {
    if stated == 0 { empty } else { Absence::NoVotes }
}
