//! What can go wrong in the worker, and what the page is told about it.

use std::error::Error;

use crate::protocol::{ErrorKind, WorkerError};

/// A model could not be made ready, or could not go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// No answer, or it broke off.
    #[error("{path} could not be loaded ({reason}). Look at the connection and try again.")]
    Unreachable { path: String, reason: String },
    /// An answer that is not the file.
    #[error("{path} could not be loaded: the server answered {status}.")]
    Status { path: String, status: u16 },
    /// Fewer bytes than the manifest says.
    #[error("{path} arrived incomplete, {received} of {expected} bytes. Try again.")]
    Truncated { path: String, received: u64, expected: u64 },
    /// More bytes than the manifest says.
    #[error("{path} is longer than the {expected} bytes its manifest names. It was not used.")]
    TooLong { path: String, expected: u64 },
    /// Other bytes than the manifest says.
    #[error("{path} is not the file its manifest names: its SHA-256 is {found}, not {expected}. It was not used.")]
    Digest { path: String, found: String, expected: String },
    /// The browser gives no more memory.
    #[error("There is not enough memory for {path} ({bytes} bytes). Close other tabs, or use a smaller model.")]
    Memory { path: String, bytes: u64 },
    /// WebGPU was asked for and there is none.
    #[error("WebGPU cannot be used here: {0}.")]
    NoWebGpu(String),
    /// The files are whole, and no model.
    #[error("The model cannot be read: {0}")]
    Model(#[source] Box<dyn Error>),
    /// The device gave an error instead of a number.
    #[error("The device failed while it computed: {0}")]
    Device(#[source] Box<dyn Error>),
    /// The device computes something else.
    #[error(
        "This device computes something else than it should: its self-check is off by {difference} logits, \
         {tolerance} are tolerated. Its answers would not be the model's, so it may not take part."
    )]
    SelfCheck { difference: f32, tolerance: f32 },
    /// The prompt is the problem.
    #[error("{0}")]
    Prompt(#[source] Box<dyn Error>),
    /// The page speaks another version, or nonsense.
    #[error("The page and its worker are of different versions ({0}). Reload the page.")]
    Protocol(String),
    /// The page asks for something that cannot be done now.
    #[error("{0}")]
    OutOfTurn(&'static str),
}

impl Failure {
    /// What the page does about it.
    pub(crate) fn kind(&self) -> ErrorKind {
        match self {
            Self::Unreachable { .. } | Self::Status { .. } | Self::Truncated { .. } => ErrorKind::Network,
            Self::TooLong { .. } | Self::Digest { .. } | Self::Model(_) => ErrorKind::Weights,
            Self::Memory { .. } => ErrorKind::Memory,
            Self::NoWebGpu(_) => ErrorKind::NoWebGpu,
            Self::SelfCheck { .. } => ErrorKind::SelfCheck,
            Self::Device(_) => ErrorKind::Crashed,
            Self::Prompt(_) => ErrorKind::Prompt,
            Self::Protocol(_) => ErrorKind::Protocol,
            Self::OutOfTurn(_) => ErrorKind::OutOfTurn,
        }
    }

    /// Whether the processor may do what WebGPU could not. Files that are wrong are wrong for both.
    pub(crate) fn is_of_the_device(&self) -> bool {
        matches!(self, Self::NoWebGpu(_) | Self::Device(_) | Self::SelfCheck { .. })
    }
}

impl From<Failure> for WorkerError {
    fn from(failure: Failure) -> Self {
        let kind = failure.kind();
        let mut message = failure.to_string();
        // `{0}` of a boxed error is its own sentence; what caused it stands behind.
        let mut cause = failure.source().and_then(Error::source);
        while let Some(error) = cause {
            message += &format!(" ({error})");
            cause = error.source();
        }
        Self { kind, message }
    }
}

/// Refuses a device whose self-check is off by more than `tolerance`; NaN is.
pub(crate) fn accept_self_check(difference: f32, tolerance: f32) -> Result<f32, Failure> {
    if difference <= tolerance { Ok(difference) } else { Err(Failure::SelfCheck { difference, tolerance }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_computes_nan_is_refused() {
        assert_eq!(accept_self_check(0.04, 0.05).unwrap(), 0.04);
        for wrong in [0.06, f32::INFINITY, f32::NAN] {
            assert_eq!(accept_self_check(wrong, 0.05).unwrap_err().kind(), ErrorKind::SelfCheck);
        }
    }

    #[test]
    fn every_failure_has_its_kind_and_a_sentence() {
        let path = || "model.gguf".to_owned();
        let cause = || Box::new(std::fmt::Error);
        let kinds = [
            (Failure::Unreachable { path: path(), reason: "TypeError".into() }, ErrorKind::Network),
            (Failure::Status { path: path(), status: 404 }, ErrorKind::Network),
            (Failure::Truncated { path: path(), received: 1, expected: 2 }, ErrorKind::Network),
            (Failure::TooLong { path: path(), expected: 2 }, ErrorKind::Weights),
            (Failure::Model(cause()), ErrorKind::Weights),
            (Failure::Memory { path: path(), bytes: 2 }, ErrorKind::Memory),
            (Failure::Device(cause()), ErrorKind::Crashed),
            (Failure::Prompt(cause()), ErrorKind::Prompt),
            (Failure::Protocol("2".into()), ErrorKind::Protocol),
            (Failure::OutOfTurn("later"), ErrorKind::OutOfTurn),
        ];
        for (failure, kind) in kinds {
            assert_eq!(failure.kind(), kind);
            assert!(!WorkerError::from(failure).message.is_empty());
        }
    }

    #[test]
    fn a_message_names_what_lies_behind_it() {
        #[derive(Debug, thiserror::Error)]
        #[error("tensor 3 is cut off")]
        struct Outer(#[source] std::num::ParseIntError);
        let source = "x".parse::<u8>().unwrap_err();
        let error = WorkerError::from(Failure::Model(Box::new(Outer(source))));
        assert_eq!(error.kind, ErrorKind::Weights);
        assert_eq!(error.message, "The model cannot be read: tensor 3 is cut off (invalid digit found in string)");
    }

    #[test]
    fn only_faults_of_the_device_lead_to_the_processor() {
        assert!(Failure::NoWebGpu("none".into()).is_of_the_device());
        assert!(Failure::SelfCheck { difference: 1.0, tolerance: 0.1 }.is_of_the_device());
        assert!(!Failure::Digest { path: "w".into(), found: "a".into(), expected: "b".into() }.is_of_the_device());
        assert!(!Failure::Memory { path: "w".into(), bytes: 1 }.is_of_the_device());
    }
}
