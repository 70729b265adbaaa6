//! What the page and the worker say to each other: JSON strings in `postMessage`.
//!
//! Strings, not structured objects: the largest message is a finished answer of a few kilobytes, the page has a JSON
//! reader already, and both ends share these types instead of a second encoder. Weights never cross: the worker loads
//! them itself. The page speaks first; every message carries the version, because a tab that was open during an
//! update may start a newer worker.

use plaudit_domain::agreement::FinalAnswer;
use plaudit_domain::{BattleId, Finish, ModelFile, ModelManifest, PictureSampler, Sampler};
use serde::{Deserialize, Serialize};

/// The version of these messages. A worker that is told another one answers [`WorkerError`] of kind
/// [`ErrorKind::Protocol`] and the page asks for a reload.
pub const PROTOCOL_VERSION: u32 = 4;

/// What the page says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// [`PROTOCOL_VERSION`].
    pub version: u32,
    /// The order.
    pub command: Command,
}

/// An order of the page's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Command {
    /// Gets weights, from the cache or the server, verifies them, makes the model ready, and checks the device.
    Load {
        /// The model.
        model: ModelManifest,
        /// Where its files are: the address of their folder, such as `/models/tiny/`.
        folder: String,
        /// What it shall run on.
        backend: BackendChoice,
    },
    /// Generates, once loaded.
    Generate {
        /// Comes back in every message about this generation.
        id: u32,
        /// The prompt.
        prompt: String,
        /// What the contestant is told before it.
        system_prompt: Option<String>,
        /// How it samples.
        sampler: Sampler,
        /// The seed.
        seed: u64,
        /// Steps it may make before it waits for [`Command::Grant`]; `None`: as many as it likes.
        steps: Option<u32>,
    },
    /// Lets a generation make more steps: this many altogether. How two sides keep the same pace.
    Grant {
        /// The generation.
        id: u32,
        /// Steps from its start.
        steps: u32,
    },
    /// Ends a generation after the step it is in. What it has so far comes as [`Event::Done`] with `stopped`. Ends judging
    /// after the judge that reads, with [`Event::Judged`], and learning after its epoch, with [`Event::Learned`].
    Stop {
        /// The generation, the judging, or the learning.
        id: u32,
    },
    /// Gets the models that judges read with, as [`Command::Load`] gets one that writes: all of them into this worker.
    LoadJudges {
        /// What judges read with; none for judges that only count.
        models: Vec<JudgeModel>,
        /// The head that was trained on this site's votes.
        reward: Option<RewardHead>,
        /// What they shall run on.
        backend: BackendChoice,
    },
    /// Has a battle judged, by one judge after the other, once their models are loaded.
    Judge {
        /// Comes back in every message about it.
        id: u32,
        /// Ids of judges, such as `p-true-tiny/2`.
        judges: Vec<String>,
        /// What they judge.
        battle: JudgedBattle,
    },
    /// Gets a model that draws, and what turns captions into vectors for it.
    LoadPainter {
        /// Both.
        painter: Box<Painter>,
        /// What it shall run on.
        backend: BackendChoice,
    },
    /// Draws, once loaded.
    Draw {
        /// Comes back in every message about this picture.
        id: u32,
        /// What is to be seen.
        prompt: String,
        /// How it is drawn.
        sampler: PictureSampler,
        /// What is to be changed, where the sampler says how: red, green and blue of each pixel, row by row from the top left, in
        /// hexadecimal.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<String>,
        /// The seed.
        seed: u64,
        /// Steps it may make before it waits for [`Command::Grant`]; `None`: as many as it likes.
        steps: Option<u32>,
    },
    /// Gets what a reward head is learned from.
    LoadVotes {
        /// Where it is.
        votes: LearnedVotes,
        /// What it shall be learned on.
        backend: BackendChoice,
    },
    /// Learns a head anew, once the votes are loaded: from all folds but one, tested on that one after every epoch. Folds share
    /// no prompt.
    Learn {
        /// Comes back in every message about it.
        id: u32,
        /// Folds, at least two.
        folds: u32,
        /// The one that is held out, from 0.
        fold: u32,
    },
}

/// A model that draws.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Painter {
    /// The model, or a gallery of pictures.
    pub model: ModelManifest,
    /// Where its files are.
    pub folder: String,
    /// What turns captions into vectors.
    pub captions: ModelManifest,
    /// Where its files are.
    pub captions_folder: String,
}

impl Painter {
    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.model.bytes() + self.captions.bytes()
    }
}

/// What a reward head was learned from, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LearnedVotes {
    /// The head's `head.json`, as it is: the recipe stands there.
    pub manifest: String,
    /// The comparisons' file; its role means nothing here.
    pub file: ModelFile,
    /// Where it is.
    pub folder: String,
}

/// A model that judges read with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgeModel {
    /// What for.
    pub role: JudgeRole,
    /// The model.
    pub model: ModelManifest,
    /// Where its files are.
    pub folder: String,
}

/// What a model is to judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JudgeRole {
    /// The sentence encoder, all-MiniLM-L6-v2.
    Encoder,
    /// SmolLM2-135M-Instruct.
    Smollm2,
    /// The model of this repository.
    Tiny,
}

/// A reward head: its manifest, and where its tensors are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RewardHead {
    /// `head.json`, as it is.
    pub manifest: String,
    /// The tensors' file; its role means nothing here.
    pub tensors: ModelFile,
    /// Where it is.
    pub folder: String,
}

/// What is judged: texts as they were generated, not as they are shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgedBattle {
    /// Which; only the random judge looks at it.
    pub id: BattleId,
    /// What both answers answer.
    pub prompt: String,
    /// The answer shown on the left (A).
    pub left: String,
    /// The answer shown on the right (B).
    pub right: String,
}

/// What a model shall run on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackendChoice {
    /// WebGPU where a real GPU answers, else the processor.
    #[default]
    Auto,
    /// WebGPU or nothing; a software adapter will do.
    WebGpu,
    /// The processor.
    Cpu,
}

/// What a model runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackendKind {
    /// WebGPU.
    WebGpu,
    /// The processor: WebAssembly with SIMD128.
    Cpu,
    /// The processor of a server, without a browser.
    Native,
}

impl BackendKind {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WebGpu => "web_gpu",
            Self::Cpu => "cpu",
            Self::Native => "native",
        }
    }
}

/// What the worker says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The worker's code runs and waits for [`Command::Load`].
    Started {
        /// [`PROTOCOL_VERSION`].
        version: u32,
    },
    /// Bytes of weights have come.
    Progress {
        /// Bytes there, of all files.
        received: u64,
        /// Bytes of all files.
        total: u64,
        /// They come from this browser's cache, not from the network.
        cached: bool,
    },
    /// All bytes are there; they are being verified and the model is being built.
    Preparing,
    /// The model can generate.
    Ready(Ready),
    /// A token.
    Step(Step),
    /// A generation is over.
    Done(Done),
    /// A judge has read the battle.
    Verdict(Verdict),
    /// All judges have, or the page had enough.
    Judged {
        /// The judging.
        id: u32,
        /// Bytes of WebAssembly memory in use.
        memory_bytes: u64,
    },
    /// A picture after one more step.
    Sketch(Sketch),
    /// A picture is finished, or the page had enough.
    Drawn(Drawn),
    /// All comparisons were seen once more.
    Epoch(Epoch),
    /// The head has learned, or the page had enough.
    Learned {
        /// The learning.
        id: u32,
        /// Bytes of WebAssembly memory in use.
        memory_bytes: u64,
    },
    /// Something went wrong. With an `id`, that generation; without, the load or the worker.
    Failed {
        /// The generation.
        id: Option<u32>,
        /// What went wrong.
        error: WorkerError,
    },
}

/// A model that can generate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ready {
    /// What it runs on.
    pub backend: BackendKind,
    /// The device in words, as far as the browser tells: `WebGPU · google swiftshader`.
    pub device: String,
    /// Why WebGPU was wanted and not used.
    pub fallback: Option<String>,
    /// The largest difference from a manifest's self-check: in logits, of an encoder in numbers of its vector.
    pub self_check_difference: f32,
    /// Bytes of weights held, as they lie in memory.
    pub weights_bytes: u64,
    /// Bytes of WebAssembly memory in use.
    pub memory_bytes: u64,
    /// Milliseconds from [`Command::Load`] to here.
    pub load_ms: f64,
}

/// One token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The generation.
    pub id: u32,
    /// Position, from 0.
    pub index: u32,
    /// The token's number in the vocabulary.
    pub token: u32,
    /// The text that has become readable with it; empty while a character is incomplete.
    pub text: String,
    /// Natural logarithm of the probability the model gave this token, before the sampler's settings.
    pub log_probability: f32,
    /// Entropy of the model's distribution in nats, before the sampler's settings.
    pub entropy: f32,
}

/// A finished generation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// The generation.
    pub id: u32,
    /// The whole text.
    pub text: String,
    /// Its tokens, without the one that says the end.
    pub tokens: Vec<u32>,
    /// Why it ended; `None` when it was stopped.
    pub finish: Option<Finish>,
    /// SHA-256 of the weights, as verified.
    pub weights_sha256: String,
    /// What it ran on.
    pub backend: BackendKind,
    /// Tokens of the prompt, template and system prompt included.
    pub prompt_tokens: u32,
    /// Milliseconds to the first token.
    pub first_token_ms: f64,
    /// Tokens a second after the first, waiting for grants not counted; `None` for fewer than two.
    pub tokens_per_second: Option<f64>,
    /// Bytes of WebAssembly memory in use.
    pub memory_bytes: u64,
}

/// What a judge said of a battle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The judging.
    pub id: u32,
    /// The judge's id.
    pub judge: String,
    /// What it said, or why it could say nothing, as a sentence.
    pub said: Result<Said, String>,
    /// Milliseconds that it took.
    pub took_ms: f64,
}

/// A picture in the making.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sketch {
    /// The picture's number.
    pub id: u32,
    /// Steps made, from 1.
    pub step: u32,
    /// Steps in all.
    pub steps: u32,
    /// Width and height in pixels.
    pub side: u32,
    /// Red, green and blue of each pixel, row by row from the top left, in hexadecimal: what the model believes the picture is.
    pub rgb: String,
}

/// A picture that is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drawn {
    /// The picture's number.
    pub id: u32,
    /// Whether all steps were made; not when it was stopped.
    pub finished: bool,
    /// SHA-256 of the weights, as verified.
    pub weights_sha256: String,
    /// What it ran on.
    pub backend: BackendKind,
    /// Milliseconds from the order to here, waiting for grants not counted.
    pub took_ms: f64,
    /// Bytes of WebAssembly memory in use.
    pub memory_bytes: u64,
}

/// One point of a learning curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// The learning.
    pub id: u32,
    /// From 1.
    pub epoch: u32,
    /// How many there will be.
    pub epochs: u32,
    /// Mean loss of the updates in nats for each comparison and head.
    pub training_loss: f64,
    /// Comparisons that are held out.
    pub held_out: u64,
    /// Those of them that prefer a side.
    pub decisive: u64,
    /// The share of those that are predicted rightly.
    pub accuracy: f64,
    /// Mean cross-entropy of what is held out, in nats.
    pub log_loss: f64,
    /// Milliseconds that it took.
    pub took_ms: f64,
}

/// A judge's answer, over both orders.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// The same in both orders; an abstention where they contradict each other.
    pub answer: FinalAnswer,
    /// The probability that the left is better, averaged over both orders; none where the judge claims none.
    pub left_better: Option<f64>,
    /// Tokens that were read.
    pub tokens_read: u64,
}

/// What went wrong, for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct WorkerError {
    /// What to do about it.
    pub kind: ErrorKind,
    /// A sentence or two: what happened, and what to do.
    pub message: String,
}

/// Kinds of errors, by what the page does about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// Page and worker are of different versions: reload.
    Protocol,
    /// The weights did not arrive: try again.
    Network,
    /// The weights are not what the manifest says: never used; try again, which loads them anew.
    Weights,
    /// This device has no WebGPU, and nothing else was allowed.
    NoWebGpu,
    /// The device computes something else than it should; it may not take part.
    SelfCheck,
    /// Not enough memory.
    Memory,
    /// The prompt cannot be used: empty, or longer than the context.
    Prompt,
    /// The order came at the wrong time: before a model was ready, or while it generates. A fault of the page's.
    OutOfTurn,
    /// The device was lost, or the worker broke: a new worker is needed.
    Crashed,
}

impl ErrorKind {
    /// Whether the worker has to be replaced before anything else can be done.
    pub fn ends_worker(self) -> bool {
        matches!(self, Self::Crashed | Self::Protocol)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_survive_the_wire_and_carry_their_type() {
        let request = Request { version: PROTOCOL_VERSION, command: Command::Grant { id: 3, steps: 12 } };
        let json = serde_json::to_string(&request).unwrap();
        assert_eq!(json, r#"{"version":4,"command":{"type":"grant","id":3,"steps":12}}"#);
        assert_eq!(serde_json::from_str::<Request>(&json).unwrap(), request);

        let said = Said { answer: FinalAnswer::Abstained, left_better: Some(0.5), tokens_read: 9 };
        let event = Event::Verdict(Verdict { id: 4, judge: "a-or-b-tiny/1".to_owned(), said: Ok(said), took_ms: 1.5 });
        let json = serde_json::to_string(&event).unwrap();
        let expected = r#"{"type":"verdict","id":4,"judge":"a-or-b-tiny/1","said":{"Ok":{"answer":"abstained","left_better":0.5,"tokens_read":9}},"took_ms":1.5}"#;
        assert_eq!(json, expected);
        assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), event);

        let event =
            Event::Failed { id: None, error: WorkerError { kind: ErrorKind::NoWebGpu, message: "no".to_owned() } };
        let json = serde_json::to_string(&event).unwrap();
        assert_eq!(json, r#"{"type":"failed","id":null,"error":{"kind":"no_web_gpu","message":"no"}}"#);
        assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), event);
    }
}
