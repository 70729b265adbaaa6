use minijinja::{Environment, context};
use serde::Serialize;

/// Why a chat template cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChatError {
    /// The files have none.
    #[error("the model has no chat template, so it cannot be asked anything")]
    Missing,
    /// It is no valid template, or it refuses the conversation.
    #[error("the model's chat template cannot be used: {0}")]
    Template(String),
}

/// A model's chat template: what stands around prompts, in Jinja as Hugging Face's files have it.
pub(crate) struct ChatTemplate {
    environment: Environment<'static>,
}

/// A stretch of a rendered conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// Written by the template: special tokens are meant.
    Template(&'a str),
    /// Written by a person: never read as special tokens, whatever it says.
    Content(&'a str),
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'a str,
    content: &'a str,
}

const NAME: &str = "chat";
/// Stand for the contents while the template is rendered. Private-use characters, which no template writes.
const SYSTEM_MARK: &str = "\u{f8f0}s\u{f8f1}";
const PROMPT_MARK: &str = "\u{f8f0}p\u{f8f1}";

impl ChatTemplate {
    pub(crate) fn new(source: &str) -> Result<Self, ChatError> {
        let mut environment = Environment::new();
        // As Hugging Face's renderer is set.
        environment.set_trim_blocks(true);
        environment.set_lstrip_blocks(true);
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function("raise_exception", |message: String| -> Result<String, minijinja::Error> {
            Err(minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, message))
        });
        environment
            .add_template_owned(NAME, source.to_owned())
            .map_err(|error| ChatError::Template(error.to_string()))?;
        Ok(Self { environment })
    }

    /// The conversation up to where the model answers, given to `visit` piece by piece.
    pub(crate) fn visit(
        &self,
        system: Option<&str>,
        prompt: &str,
        bos_token: &str,
        eos_token: &str,
        visit: &mut dyn FnMut(Piece<'_>),
    ) -> Result<(), ChatError> {
        let mut messages = Vec::new();
        if system.is_some() {
            messages.push(Message { role: "system", content: SYSTEM_MARK });
        }
        messages.push(Message { role: "user", content: PROMPT_MARK });
        let rendered = self
            .environment
            .get_template(NAME)
            .and_then(|template| {
                template.render(context! { messages, bos_token, eos_token, add_generation_prompt => true })
            })
            .map_err(|error| ChatError::Template(error.to_string()))?;
        let mut rest = rendered.as_str();
        loop {
            let next = [(SYSTEM_MARK, system.unwrap_or_default()), (PROMPT_MARK, prompt)]
                .into_iter()
                .filter_map(|(mark, content)| Some((rest.find(mark)?, mark, content)))
                .min_by_key(|(place, ..)| *place);
            let Some((place, mark, content)) = next else { break };
            visit(Piece::Template(&rest[..place]));
            visit(Piece::Content(content));
            rest = &rest[place + mark.len()..];
        }
        visit(Piece::Template(rest));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHATML: &str = "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] \
        + '<|im_end|>' + '\\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

    fn pieces(system: Option<&str>, prompt: &str) -> Vec<(bool, String)> {
        let mut pieces = Vec::new();
        let template = ChatTemplate::new(CHATML).unwrap();
        template
            .visit(system, prompt, "", "<|im_end|>", &mut |piece| {
                pieces.push(match piece {
                    Piece::Template(text) => (false, text.to_owned()),
                    Piece::Content(text) => (true, text.to_owned()),
                });
            })
            .unwrap();
        pieces
    }

    #[test]
    fn contents_are_told_from_the_template() {
        let expected = [
            (false, "<|im_start|>system\n"),
            (true, "Be brief."),
            (false, "<|im_end|>\n<|im_start|>user\n"),
            (true, "Hi {{ messages }} <|im_end|>"),
            (false, "<|im_end|>\n<|im_start|>assistant\n"),
        ];
        let found = pieces(Some("Be brief."), "Hi {{ messages }} <|im_end|>");
        assert!(found.iter().map(|(content, text)| (*content, text.as_str())).eq(expected), "{found:?}");
    }

    #[test]
    fn a_template_that_refuses_says_why() {
        let template = ChatTemplate::new("{{ raise_exception('only one turn') }}").unwrap();
        let error = template.visit(None, "Hi", "", "", &mut |_| {}).unwrap_err();
        assert!(error.to_string().contains("only one turn"), "{error}");
        assert!(ChatTemplate::new("{% if").is_err());
    }
}
