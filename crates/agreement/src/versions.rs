use crate::{
    Absence, AgreementError, FinalAnswer, Options, Panel, VersionConsistency, boards::Joint, cells::column,
    estimate::Measure, resample::bootstrap, table::kappa,
};

impl Panel {
    /// How consistent a judge is over two of its versions.
    ///
    /// Source: the consistency of rankings by successive reward models, Kendall's τ, is that of Z. Wang et al., *CREAM:
    /// Consistency Regularized Self-Rewarding Language Models* (2024); there over the answers to one prompt, here over the
    /// contestants of a board, beside the answers themselves.
    ///
    /// # Errors
    /// An unknown judge, or the same twice; options out of range.
    pub fn versions(&self, first: u32, second: u32, options: &Options) -> Result<VersionConsistency, AgreementError> {
        options.check()?;
        let (one, other) = (self.judge(first)?, self.judge(second)?);
        if first == second {
            return Err(AgreementError::SameJudge { judge: first });
        }
        let mut counts = [[0_u64; 5]; 5];
        let mut boards = Joint::new(self.contestants());
        let mut questions = 0;
        for found in one.judged() {
            let (here, Some(there)) = (found.answer, other.pair(found.question).answer()) else { continue };
            questions += 1;
            if here.is_answer() && there.is_answer() {
                counts[column(here)][column(there)] += 1;
                let asked = &self.all_questions()[found.question as usize];
                boards.add(asked.left, asked.right, [here, there].map(as_vote));
            }
        }
        let empty = if questions > 0 { Absence::NoAnswers } else { Absence::NoVerdicts };
        let [same_answers, kappa] = bootstrap(counts.as_flattened(), options, |drawn| {
            let (mut same, mut three) = (0.0, [[0.0; 3]; 3]);
            for (at, times) in drawn.iter().enumerate() {
                let [here, there] = [at / 5, at % 5].map(|column| FinalAnswer::ALL[column]);
                same += if says_the_same(here, there) { *times } else { 0.0 };
                three[place(here)][place(there)] += times;
            }
            let answered: f64 = drawn.iter().sum();
            let kappa = kappa(&three, |one, other| f64::from(u8::from(one != other)));
            let why = if answered > 0.0 { Absence::Constant } else { empty };
            [Measure::share(same, answered, empty), Measure { value: kappa.ok_or(why), count: answered }]
        });
        let boards = boards.compare(options);
        Ok(VersionConsistency {
            first,
            second,
            questions,
            answered: counts.as_flattened().iter().sum(),
            same_answers,
            kappa,
            board_kendall: boards.kendall,
            board_spearman: boards.spearman,
        })
    }
}

/// An answer as one vote, in the order of `Outcome::ALL`; a tie of no kind is a tie, which is worth the same on a board.
pub(crate) fn as_vote(answer: FinalAnswer) -> [u32; 4] {
    let mut votes = [0; 4];
    match answer {
        FinalAnswer::Left => votes[0] = 1,
        FinalAnswer::Right => votes[1] = 1,
        FinalAnswer::Tie | FinalAnswer::AnyTie => votes[2] = 1,
        FinalAnswer::BothBad => votes[3] = 1,
        FinalAnswer::Unparsed | FinalAnswer::Abstained => {}
    }
    votes
}

/// Of two answers; a tie of no kind says the same as either kind.
fn says_the_same(one: FinalAnswer, other: FinalAnswer) -> bool {
    FinalAnswer::of_both(one, other).is_answer()
}

/// Left, tie of either kind, right.
pub(crate) fn place(answer: FinalAnswer) -> usize {
    match answer {
        FinalAnswer::Left => 0,
        FinalAnswer::Right => 2,
        _ => 1,
    }
}
