//! A client of services that speak OpenAI's protocol, of chat completions and of images.
//!
//! It talks to hosts that the operator has named and to no other, follows no redirect, waits so long and no longer, reads
//! no more than a megabyte of text or a large picture, and tries again, with growing pauses, only what can succeed the next time.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use plaudit_agreement::Unparsed;
use serde::{Deserialize, Serialize};
use serde_json::json;
use ureq::{Agent, http::Uri};

use super::JudgingError;
use crate::store::JudgmentCost;

/// An answer is text; a megabyte of it is none.
const MAX_BODY_BYTES: u64 = 1 << 20;
/// A picture of 32 MiB, which is the most that is taken in, a third longer as text.
const MAX_PICTURE_BODY_BYTES: u64 = 44 << 20;
/// However long a service asks to wait, the operator wants to know by then.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Why a service cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// No address.
    #[error("{0:?} is no base URL: expected https://HOST/v1")]
    Invalid(String),
    /// Unencrypted.
    #[error("{0} is not encrypted: a key and the prompts would travel in the open. http:// is for this machine alone")]
    Plain(String),
    /// Not on the list.
    #[error("{host} is not on the list of hosts that may be asked; add --allow-host {host}")]
    NotAllowed {
        /// The host.
        host: String,
    },
    /// The variable is empty.
    #[error("the environment variable {0} holds no key")]
    NoKey(String),
}

/// Prices in US dollars for a million tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Prices {
    /// Read.
    #[serde(default)]
    pub input: f64,
    /// Written.
    #[serde(default)]
    pub output: f64,
}

/// What all judges of one job may spend together.
#[derive(Debug)]
pub struct Purse {
    limit: Option<f64>,
    /// In billionths of a dollar: a token can cost less than a millionth.
    spent: AtomicU64,
}

impl Purse {
    /// With a limit in US dollars, or without.
    pub fn new(limit: Option<f64>) -> Self {
        Self { limit, spent: AtomicU64::new(0) }
    }

    /// What was spent, in US dollars.
    pub fn spent(&self) -> f64 {
        self.spent.load(Ordering::Relaxed) as f64 / 1e9
    }

    fn check(&self) -> Result<(), JudgingError> {
        match self.limit {
            Some(limit) if self.spent() >= limit => Err(JudgingError::Spent { limit, spent: self.spent() }),
            _ => Ok(()),
        }
    }

    fn pay(&self, usd: f64) {
        self.spent.fetch_add((usd * 1e9).round().max(0.0) as u64, Ordering::Relaxed);
    }
}

/// Where and how to ask.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatSettings {
    /// Such as `https://api.example/v1`.
    pub base_url: String,
    /// The model's name there.
    pub model: String,
    /// The variable that holds the key; a service on this machine may want none.
    pub key_variable: Option<String>,
    /// How long one answer may take.
    pub timeout: Duration,
    /// How often a failed request is sent again.
    pub retries: u32,
    /// The pause before the first repetition; doubled with each further one.
    pub pause: Duration,
    /// What tokens cost.
    pub prices: Prices,
}

/// One request.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatRequest<'a> {
    /// What the model is told before.
    pub system: Option<&'a str>,
    /// What the user says.
    pub text: &'a str,
    /// Sampling temperature; left to the service where there is none.
    pub temperature: Option<f64>,
    /// The share of likely tokens to draw from; left to the service where there is none.
    pub top_p: Option<f64>,
    /// The most tokens to write.
    pub max_tokens: u32,
    /// For services that can sample reproducibly.
    pub seed: u64,
}

/// A request for a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureRequest<'a> {
    /// What it is to show, or how the source is to be changed.
    pub prompt: &'a str,
    /// How large, such as `512x512`.
    pub size: Option<&'a str>,
    /// A PNG that is to be changed.
    pub source: Option<&'a [u8]>,
}

/// A service's text with what it cost.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatAnswer {
    /// What the assistant said.
    pub text: String,
    /// It was cut off at the most tokens that it may write.
    pub cut_off: bool,
    /// What it cost, repeated requests included.
    pub cost: JudgmentCost,
}

/// A question without an answer.
#[derive(Debug)]
pub enum ChatFailure {
    /// For this question; what was spent on it is in it.
    Question {
        /// Which kind.
        kind: Unparsed,
        /// In words.
        reason: String,
        /// What it cost all the same.
        cost: JudgmentCost,
    },
    /// For all that follow.
    Job(JudgingError),
}

#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    /// Absent where the model refused.
    #[serde(default)]
    content: Option<String>,
}

#[derive(Deserialize)]
struct Usage {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
}

#[derive(Deserialize)]
struct Pictures {
    data: Vec<PictureData>,
}

#[derive(Deserialize)]
struct PictureData {
    #[serde(default)]
    b64_json: Option<String>,
}

/// One way a single request can fail.
struct Failed {
    kind: Unparsed,
    reason: String,
    /// Whether asking again can help, and when the service says to come back.
    again: Option<Option<Duration>>,
    /// Whether every other question would fail alike.
    fatal: bool,
}

/// The client.
pub struct ChatClient {
    agent: Agent,
    base: String,
    host: String,
    key: Option<String>,
    settings: ChatSettings,
}

impl std::fmt::Debug for ChatClient {
    /// Without the key.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ChatClient").field("base", &self.base).finish_non_exhaustive()
    }
}

fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl ChatClient {
    /// For a service that the operator allows.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn new(
        settings: ChatSettings,
        allowed_hosts: &[String],
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, AddressError> {
        let invalid = || AddressError::Invalid(settings.base_url.clone());
        let address: Uri = settings.base_url.parse().map_err(|_| invalid())?;
        let host = address.host().filter(|host| !host.is_empty()).ok_or_else(invalid)?.to_owned();
        if address.query().is_some() || address.authority().is_some_and(|whole| whole.as_str().contains('@')) {
            return Err(invalid());
        }
        match address.scheme_str() {
            Some("https") => {}
            Some("http") if is_this_machine(&host) => {}
            Some("http") => return Err(AddressError::Plain(settings.base_url)),
            _ => return Err(invalid()),
        }
        if !allowed_hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(&host)) {
            return Err(AddressError::NotAllowed { host });
        }
        let key = match &settings.key_variable {
            None => None,
            Some(name) => Some(
                variable(name)
                    .map(|key| key.trim().to_owned())
                    .filter(|key| !key.is_empty())
                    .ok_or_else(|| AddressError::NoKey(name.clone()))?,
            ),
        };
        let agent = Agent::config_builder()
            .timeout_global(Some(settings.timeout))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            // A proxy variable of the environment would be a host that nobody allowed.
            .proxy(None)
            .user_agent(concat!("plaudit/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        let base = settings.base_url.trim_end_matches('/').to_owned();
        Ok(Self { agent, base, host, key, settings })
    }

    /// The host that is asked.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// What the service answers, after as many tries as are allowed.
    ///
    /// # Errors
    /// [`ChatFailure`].
    pub fn ask(&self, request: &ChatRequest<'_>, purse: &Purse) -> Result<ChatAnswer, ChatFailure> {
        let mut cost = JudgmentCost::default();
        self.persistently(purse, &mut cost, |cost| {
            let completion = self.send(request)?;
            self.charge(cost, completion.usage.as_ref(), purse);
            let choice = completion.choices.into_iter().next();
            let cut_off = choice.as_ref().is_some_and(|choice| choice.finish_reason.as_deref() == Some("length"));
            match choice.and_then(|choice| choice.message.content) {
                Some(text) => Ok((text, cut_off)),
                None => Err(Failed::for_good("the service answered without a text")),
            }
        })
        .map(|(text, cut_off)| ChatAnswer { text, cut_off, cost })
    }

    /// The file of a picture that the service draws, or makes of another one. An address in place of a picture is not fetched.
    ///
    /// # Errors
    /// [`ChatFailure`].
    pub fn draw(&self, request: &PictureRequest<'_>, purse: &Purse) -> Result<Vec<u8>, ChatFailure> {
        self.persistently(purse, &mut JudgmentCost::default(), |_| {
            // Some services send addresses unless they are asked for the picture itself; others know no such wish.
            let text = match self.send_picture(request, true) {
                Err(failed) if failed.reason.contains("response_format") => self.send_picture(request, false)?,
                sent => sent?,
            };
            let answer: Pictures = serde_json::from_str(&text)
                .map_err(|error| Failed::for_good(format!("the answer holds no picture: {error}")))?;
            let coded = answer.data.into_iter().next().and_then(|picture| picture.b64_json);
            let coded = coded.ok_or_else(|| {
                Failed::for_good("the service answered with an address in place of a picture; none is fetched")
            })?;
            data_encoding::BASE64
                .decode(coded.as_bytes())
                .map_err(|error| Failed::for_good(format!("the picture is no base64: {error}")))
        })
    }

    /// Tries until it succeeds, cannot succeed, or was tried often enough.
    fn persistently<T>(
        &self,
        purse: &Purse,
        cost: &mut JudgmentCost,
        mut attempt: impl FnMut(&mut JudgmentCost) -> Result<T, Failed>,
    ) -> Result<T, ChatFailure> {
        let started = Instant::now();
        let mut pause = self.settings.pause;
        let mut repeated = 0;
        loop {
            purse.check().map_err(ChatFailure::Job)?;
            let result = attempt(cost);
            cost.milliseconds = Some(u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX));
            let failed = match result {
                Ok(found) => return Ok(found),
                Err(failed) => failed,
            };
            if failed.fatal {
                return Err(ChatFailure::Job(JudgingError::Refused { host: self.host.clone(), reason: failed.reason }));
            }
            match failed.again {
                Some(asked) if repeated < self.settings.retries => {
                    tracing::debug!(host = self.host, reason = failed.reason, repeated, "asking again");
                    repeated += 1;
                    std::thread::sleep(asked.unwrap_or(pause).min(LONGEST_PAUSE));
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                _ => return Err(ChatFailure::Question { kind: failed.kind, reason: failed.reason, cost: *cost }),
            }
        }
    }

    fn charge(&self, cost: &mut JudgmentCost, usage: Option<&Usage>, purse: &Purse) {
        let Some(usage) = usage else { return };
        let Prices { input, output } = self.settings.prices;
        let usd = (usage.prompt_tokens as f64 * input + usage.completion_tokens as f64 * output) / 1e6;
        purse.pay(usd);
        cost.tokens_read = Some(cost.tokens_read.unwrap_or(0) + usage.prompt_tokens);
        cost.tokens_written = Some(cost.tokens_written.unwrap_or(0) + usage.completion_tokens);
        if usd > 0.0 {
            cost.usd = Some(cost.usd.unwrap_or(0.0) + usd);
        }
    }

    fn send(&self, request: &ChatRequest<'_>) -> Result<Completion, Failed> {
        let said = |role: &str, text: &str| json!({ "role": role, "content": text });
        let messages: Vec<_> =
            request.system.map(|text| said("system", text)).into_iter().chain([said("user", request.text)]).collect();
        let mut body = json!({
            "model": self.settings.model,
            "messages": messages,
            "max_tokens": request.max_tokens,
            "seed": request.seed,
        });
        for (name, value) in [("temperature", request.temperature), ("top_p", request.top_p)] {
            if let Some(value) = value {
                body[name] = value.into();
            }
        }
        let text = self.post("chat/completions", "application/json", body.to_string().as_bytes(), MAX_BODY_BYTES)?;
        serde_json::from_str(&text)
            .map_err(|error| Failed::for_good(format!("the answer is no chat completion: {error}")))
    }

    fn send_picture(&self, request: &PictureRequest<'_>, itself: bool) -> Result<String, Failed> {
        let mut fields = vec![("model", self.settings.model.as_str()), ("prompt", request.prompt)];
        fields.extend(request.size.map(|size| ("size", size)));
        fields.extend(itself.then_some(("response_format", "b64_json")));
        let Some(source) = request.source else {
            let mut body = json!({ "n": 1 });
            for (name, value) in fields {
                body[name] = value.into();
            }
            let body = body.to_string();
            return self.post("images/generations", "application/json", body.as_bytes(), MAX_PICTURE_BODY_BYTES);
        };
        fields.push(("n", "1"));
        let (kind, body) = form_with_picture(&fields, source);
        self.post("images/edits", &kind, &body, MAX_PICTURE_BODY_BYTES)
    }

    /// What the service says to a body.
    fn post(&self, path: &str, kind: &str, body: &[u8], most_bytes: u64) -> Result<String, Failed> {
        let mut post = self.agent.post(format!("{}/{path}", self.base)).header("content-type", kind);
        if let Some(key) = &self.key {
            post = post.header("authorization", format!("Bearer {key}"));
        }
        let mut response = post.send(body).map_err(|error| match error {
            ureq::Error::Timeout(_) => Failed {
                kind: Unparsed::TimedOut,
                reason: format!("no answer within {} s", self.settings.timeout.as_secs_f64()),
                again: Some(None),
                fatal: false,
            },
            error => Failed { kind: Unparsed::HttpError, reason: error.to_string(), again: Some(None), fatal: false },
        })?;
        let status = response.status().as_u16();
        let later = response
            .headers()
            .get("retry-after")
            .and_then(|value| value.to_str().ok()?.trim().parse().ok())
            .map(Duration::from_secs);
        let text = response.body_mut().with_config().limit(most_bytes).read_to_string();
        let text = text.map_err(|error| match error {
            ureq::Error::Timeout(_) => Failed {
                kind: Unparsed::TimedOut,
                reason: format!("no whole answer within {} s", self.settings.timeout.as_secs_f64()),
                again: Some(None),
                fatal: false,
            },
            error => Failed {
                kind: Unparsed::Failed,
                reason: format!("the answer cannot be read: {error}"),
                again: Some(None),
                fatal: false,
            },
        })?;
        if status != 200 {
            let said = message_of(&text);
            let failed = |again, fatal| Failed {
                kind: Unparsed::HttpError,
                reason: format!("status {status}{said}"),
                again,
                fatal,
            };
            return Err(match status {
                408 | 409 | 425 | 429 | 500..=599 => failed(Some(later), false),
                // The key, the account, the model or the address: the same for every question.
                401..=405 | 300..=399 => failed(None, true),
                _ => failed(None, false),
            });
        }
        Ok(text)
    }
}

impl Failed {
    /// Of this question alone, and asking again would not help.
    fn for_good(reason: impl Into<String>) -> Self {
        Self { kind: Unparsed::Failed, reason: reason.into(), again: None, fatal: false }
    }
}

/// A form as browsers send them (RFC 7578), with a picture in it: its media type and its bytes.
fn form_with_picture(fields: &[(&str, &str)], png: &[u8]) -> (String, Vec<u8>) {
    // Longer than any chance, and of the content: nobody who writes a prompt knows it.
    let mut hasher = blake3::Hasher::new();
    fields.iter().for_each(|(name, value)| {
        hasher.update(name.as_bytes()).update(value.as_bytes());
    });
    let boundary = format!("plaudit-{}", hasher.update(png).finalize().to_hex());
    let mut body = Vec::new();
    for (name, value) in fields {
        let part = format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    let head = "content-disposition: form-data; name=\"image\"; filename=\"image.png\"\r\ncontent-type: image/png";
    body.extend_from_slice(format!("--{boundary}\r\n{head}\r\n\r\n").as_bytes());
    body.extend_from_slice(png);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body)
}

/// What an error's body says, shortened.
fn message_of(body: &str) -> String {
    let said = serde_json::from_str::<serde_json::Value>(body)
        .ok()
        .and_then(|value| value.pointer("/error/message").or_else(|| value.get("error"))?.as_str().map(str::to_owned));
    match said {
        Some(said) => format!(": {}", said.chars().take(200).collect::<String>()),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(base_url: &str) -> ChatSettings {
        ChatSettings {
            base_url: base_url.to_owned(),
            model: "m".to_owned(),
            key_variable: None,
            timeout: Duration::from_secs(1),
            retries: 0,
            pause: Duration::ZERO,
            prices: Prices::default(),
        }
    }

    fn refused(base_url: &str, allowed: &[&str]) -> AddressError {
        let allowed: Vec<_> = allowed.iter().map(|host| (*host).to_owned()).collect();
        ChatClient::new(settings(base_url), &allowed, |_| None).unwrap_err()
    }

    #[test]
    fn only_hosts_on_the_list_are_asked_and_only_this_machine_without_tls() {
        let allowed = ["api.example".to_owned(), "127.0.0.1".to_owned()];
        for fine in ["https://api.example/v1", "https://API.example:8443/v1/", "http://127.0.0.1:9/v1"] {
            assert!(ChatClient::new(settings(fine), &allowed, |_| None).is_ok(), "{fine}");
        }
        assert_eq!(
            refused("https://evil.example/v1", &["api.example"]),
            AddressError::NotAllowed { host: "evil.example".to_owned() }
        );
        assert!(matches!(refused("http://api.example/v1", &["api.example"]), AddressError::Plain(_)));
        for bad in [
            "api.example/v1",
            "ftp://api.example/v1",
            "https://user:secret@api.example/v1",
            "https://api.example@evil.example/v1",
            "https://api.example/v1?key=x",
            "",
        ] {
            assert!(matches!(refused(bad, &["api.example", "evil.example"]), AddressError::Invalid(_)), "{bad:?}");
        }
    }

    #[test]
    fn a_missing_key_names_its_variable_and_no_key_is_ever_printed() {
        let with_key =
            ChatSettings { key_variable: Some("JUDGE_KEY".to_owned()), ..settings("https://api.example/v1") };
        let allowed = ["api.example".to_owned()];
        let missing = ChatClient::new(with_key.clone(), &allowed, |_| Some("  ".to_owned())).unwrap_err();
        assert_eq!(missing, AddressError::NoKey("JUDGE_KEY".to_owned()));
        let client = ChatClient::new(with_key, &allowed, |_| Some("top-secret".to_owned())).unwrap();
        assert!(!format!("{client:?}").contains("top-secret"));
    }
}
