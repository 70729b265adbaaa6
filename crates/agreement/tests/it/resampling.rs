//! Intervals against the plain bootstrap: questions drawn one by one, every figure computed anew from the drawn panel.

use plaudit_agreement::{Answer, Certainty, Figure, JudgeReport, Options, Order, Panel, Verdict};
use plaudit_domain::Outcome;
use rand_xoshiro::{
    Xoshiro256PlusPlus,
    rand_core::{Rng, SeedableRng},
};

const CONTESTANTS: u32 = 6;

#[derive(Clone)]
struct Question {
    left: u32,
    right: u32,
    votes: Vec<Outcome>,
    verdicts: [Verdict; 2],
}

struct Random(Xoshiro256PlusPlus);

impl Random {
    fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn outcome(&mut self, left: f64) -> Outcome {
        match (self.uniform(), self.uniform()) {
            (kind, _) if kind < 0.15 => Outcome::Tie,
            (kind, _) if kind < 0.25 => Outcome::BothBad,
            (_, side) if side < left => Outcome::Left,
            _ => Outcome::Right,
        }
    }
}

fn questions(random: &mut Random) -> Vec<Question> {
    let question = |at: u32| {
        let (left, right) = (at % CONTESTANTS, (at + 1 + at / CONTESTANTS % (CONTESTANTS - 1)) % CONTESTANTS);
        let chance = 1.0 / (1.0 + ((f64::from(left) - f64::from(right)) / 3.0).exp());
        let votes = (0..1 + at % 4).map(|_| random.outcome(chance)).collect();
        let verdicts = [(Order::Given, chance), (Order::Swapped, 1.0 - chance)].map(|(order, chance)| {
            let sure = 0.2 * chance + 0.8 * random.uniform();
            let sure = Certainty::LeftBetter((sure + chance) / 2.0);
            Verdict::new(order, Answer::Outcome(random.outcome(chance))).with_certainty(sure)
        });
        Question { left, right, votes, verdicts }
    };
    (0..300).map(question).collect()
}

fn panel<'a>(questions: impl Iterator<Item = &'a Question>) -> Panel {
    let mut panel = Panel::new(CONTESTANTS);
    let judge = panel.add_judge().unwrap();
    for asked in questions {
        let question = panel.add_question(asked.left, asked.right).unwrap();
        for vote in &asked.votes {
            panel.add_vote(question, None, *vote).unwrap();
        }
        for verdict in asked.verdicts {
            panel.add_verdict(judge, question, verdict).unwrap();
        }
    }
    panel
}

fn figures(panel: &Panel, options: &Options) -> Vec<(&'static str, Figure)> {
    let report: JudgeReport = panel.report(0, options).unwrap();
    let ceiling = panel.ceiling(None, options).unwrap();
    vec![
        ("accuracy", report.votes.accuracy_four),
        ("decisive accuracy", report.votes.accuracy_decisive),
        ("kappa", report.votes.kappa),
        ("quadratic kappa", report.votes.kappa_quadratic),
        ("majority accuracy", report.majority.accuracy_three),
        ("Spearman", report.votes.answers.spearman),
        ("Kendall", report.votes.answers.kendall),
        ("share of right", report.position.right_share),
        ("swap consistency", report.swap_consistency),
        ("alpha", ceiling.alpha_nominal),
        ("ordinal alpha", ceiling.alpha_ordinal),
        ("leave one out", ceiling.leave_one_out_four),
        ("Brier", report.probability.brier),
        ("log-loss", report.probability.log_loss),
        ("calibration error", report.probability.expected_calibration_error),
        ("boards", report.boards.spearman),
    ]
}

#[test]
fn intervals_are_as_wide_as_those_of_questions_drawn_one_by_one() {
    let mut random = Random(Xoshiro256PlusPlus::seed_from_u64(5));
    let questions = questions(&mut random);
    let found = figures(&panel(questions.iter()), &Options { resamples: 4000, ..Options::default() });
    let draws = 1000;
    let mut drawn: Vec<Vec<f64>> = vec![Vec::new(); found.len()];
    for _ in 0..draws {
        let picked: Vec<usize> = (0..questions.len()).map(|_| (random.uniform() * 300.0) as usize).collect();
        let figures =
            figures(&panel(picked.iter().map(|&at| &questions[at])), &Options { resamples: 1, ..Options::default() });
        for (values, (_, figure)) in drawn.iter_mut().zip(figures) {
            values.extend(figure.value());
        }
    }
    for ((name, figure), mut values) in found.into_iter().zip(drawn) {
        assert_eq!(values.len(), draws, "{name}");
        values.sort_by(f64::total_cmp);
        let width = values[draws - 1 - draws / 40] - values[draws / 40];
        let estimate = figure.estimate().copied().unwrap();
        let ratio = (estimate.high - estimate.low) / width;
        // The width of 1,000 draws has a standard deviation of 4 %. Six contestants have few places to change on a board.
        let most = if name == "boards" { 0.35 } else { 0.15 };
        assert!((ratio - 1.0).abs() < most, "{name}: {ratio} of {width}, {estimate:?}");
    }
}
