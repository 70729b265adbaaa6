use super::{Ballot, BallotSink, BallotSummary};
use crate::{Fault, Progress, Reason, Rejection, rejection::clip};

/// The sink is told of its progress when so many bytes more were read.
const PROGRESS_BYTES: u64 = 1 << 20;

/// Hands votes on to the sink and counts them.
pub(crate) struct BallotEmitter<'a> {
    sink: &'a mut dyn BallotSink,
    listed: usize,
    told: u64,
    last: Progress,
    summary: BallotSummary,
}

impl<'a> BallotEmitter<'a> {
    pub(crate) fn new(sink: &'a mut dyn BallotSink, listed: usize) -> Self {
        Self { sink, listed, told: 0, last: Progress::default(), summary: BallotSummary::default() }
    }

    pub(crate) fn ballot(&mut self, ballot: Ballot, progress: Progress) -> Result<(), Fault> {
        self.summary.ballots += 1;
        self.tell(progress);
        self.sink.ballot(ballot).map_err(Fault::Sink)
    }

    #[expect(clippy::unnecessary_wraps, reason = "as the emitter of records, whose sink may refuse")]
    pub(crate) fn reject(
        &mut self,
        progress: Progress,
        reason: Reason,
        excerpt: impl FnOnce() -> String,
    ) -> Result<(), Fault> {
        self.summary.rejections += 1;
        if self.summary.first_rejections.len() < self.listed {
            let excerpt = clip(&excerpt(), 200);
            self.summary.first_rejections.push(Rejection { line: progress.line, reason, excerpt });
        }
        self.tell(progress);
        Ok(())
    }

    /// Tells the sink that this is all.
    pub(crate) fn finish(self, bytes: u64) -> BallotSummary {
        self.sink.progress(Progress { bytes, ..self.last });
        self.summary
    }

    fn tell(&mut self, progress: Progress) {
        self.last = progress;
        if progress.bytes >= self.told + PROGRESS_BYTES {
            self.told = progress.bytes;
            self.sink.progress(progress);
        }
    }
}
