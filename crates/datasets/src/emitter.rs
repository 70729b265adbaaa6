use crate::{Fault, Progress, ReadSummary, Reason, Record, Rejection, Sink, SinkError, rejection::clip};

/// Hands records on to the sink and counts them.
pub(crate) struct Emitter<'a> {
    sink: &'a mut dyn Sink,
    pub(crate) summary: ReadSummary,
}

impl<'a> Emitter<'a> {
    pub(crate) fn new(sink: &'a mut dyn Sink) -> Self {
        Self { sink, summary: ReadSummary::default() }
    }

    pub(crate) fn record(&mut self, record: Record, progress: Progress) -> Result<(), Fault> {
        match &record {
            Record::Arena(arena) => {
                self.summary.votes.entry(arena.slug.clone()).or_default();
            }
            Record::Contestant { .. } => self.summary.contestants += 1,
            Record::Prompt { .. } => self.summary.prompts += 1,
            Record::Media(_) => {}
            Record::Generation { .. } => self.summary.generations += 1,
            Record::Vote(vote) => match self.summary.votes.get_mut(&vote.arena) {
                Some(count) => *count += 1,
                None => {
                    self.summary.votes.insert(vote.arena.clone(), 1);
                }
            },
        }
        self.sink.record(record, progress).map_err(Fault::Sink)
    }

    pub(crate) fn reject(&mut self, line: u64, reason: Reason, excerpt: &str) -> Result<(), Fault> {
        self.summary.rejections += 1;
        self.sink.rejected(Rejection { line, reason, excerpt: clip(excerpt, 200) }).map_err(Fault::Sink)
    }
}

/// Takes everything and keeps nothing: for reading a file only for the table that comes out of it.
pub(crate) struct Nowhere;

impl Sink for Nowhere {
    fn record(&mut self, _: Record, _: Progress) -> Result<(), SinkError> {
        Ok(())
    }

    fn rejected(&mut self, _: Rejection) -> Result<(), SinkError> {
        Ok(())
    }
}
