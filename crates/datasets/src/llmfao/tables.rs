use std::collections::{HashMap, HashSet};

use plaudit_domain::{
    ArenaSlug, Content, Contestant, ContestantId, ContestantKind, ContestantSlug, Generation, GenerationId, Prompt,
    PromptId,
};

use crate::{
    Fault, Progress, Reason, Record, emitter::Emitter, input::Input, json_rows::JsonRows, names::Names, row::Row,
};

/// Prompts by their number.
pub(crate) type Prompts = HashMap<i64, (PromptId, Prompt)>;
/// Contestants by their model's number.
pub(crate) type Models = HashMap<i64, Contestant>;
/// The id of each model's generation for each prompt.
pub(crate) type Generations = HashMap<(i64, i64), GenerationId>;

/// Reads the rows of a file; a row for which `take` gives a reason is left out, shown by the fields named.
fn each_row(
    input: Input<'_>,
    shown: &[&str],
    out: &mut Emitter<'_>,
    mut take: impl FnMut(&Row<'_>, Progress, &mut Emitter<'_>) -> Result<Result<(), Reason>, Fault>,
) -> Result<(), Fault> {
    let mut rows = JsonRows::new(input);
    while let Some(raw) = rows.next_row()? {
        match Row::parse(&raw)? {
            Err(reason) => out.reject(raw.progress.line, reason, "")?,
            Ok(row) => {
                if let Err(reason) = take(&row, raw.progress, out)? {
                    out.reject(raw.progress.line, reason, &row.excerpt(shown))?;
                }
            }
        }
    }
    Ok(())
}

/// `{"id", "text", "type", "slug", …}`; the type is the prompt's category.
pub(crate) fn read_prompts(input: Input<'_>, arena: &ArenaSlug, out: &mut Emitter<'_>) -> Result<Prompts, Fault> {
    let mut prompts = Prompts::new();
    let mut texts = HashMap::new();
    each_row(input, &["id", "slug"], out, |row, progress, out| {
        let (id, prompt) = match prompt_of(row) {
            Ok(parsed) => parsed,
            Err(reason) => return Ok(Err(reason)),
        };
        if prompts.contains_key(&id) {
            return Ok(Err(Reason::Duplicate { what: format!("prompt with the id {id}") }));
        }
        let prompt_id = PromptId::of(arena, &prompt.text);
        prompts.insert(id, (prompt_id, prompt.clone()));
        if let Some(first) = texts.get(&prompt_id) {
            // The number stays usable: it is another name of the same prompt.
            return Ok(Err(Reason::Duplicate { what: format!("prompt with the text of prompt {first}") }));
        }
        texts.insert(prompt_id, id);
        out.record(Record::Prompt { arena: arena.clone(), prompt }, progress).map(Ok)
    })?;
    Ok(prompts)
}

fn prompt_of(row: &Row<'_>) -> Result<(i64, Prompt), Reason> {
    let id = row.required_id("id")?;
    let text = row.required_text("text")?;
    if text.trim().is_empty() {
        return Err(Reason::EmptyText { field: "text" });
    }
    Ok((id, Prompt { text, category: row.text("type")?, source: None }))
}

/// `{"id", "name", "api_id", "org", …}`.
pub(crate) fn read_models(input: Input<'_>, arena: &ArenaSlug, out: &mut Emitter<'_>) -> Result<Models, Fault> {
    let mut models = Models::new();
    let mut names = Names::default();
    each_row(input, &["id", "name"], out, |row, progress, out| {
        let (id, name, description) = match model_of(row) {
            Ok(parsed) => parsed,
            Err(reason) => return Ok(Err(reason)),
        };
        if models.contains_key(&id) {
            return Ok(Err(Reason::Duplicate { what: format!("model with the id {id}") }));
        }
        let contestant = contestant(names.slug(&id, &name).0, name, description);
        models.insert(id, contestant.clone());
        out.record(Record::Contestant { arena: arena.clone(), contestant }, progress).map(Ok)
    })?;
    Ok(models)
}

fn model_of(row: &Row<'_>) -> Result<(i64, String, String), Reason> {
    let id = row.required_id("id")?;
    let name = row.required_name("name")?;
    let description = match (row.text("org")?, row.text("api_id")?) {
        (Some(org), Some(api_id)) => format!("{api_id} by {org}."),
        (Some(org), None) => format!("By {org}."),
        (None, Some(api_id)) => format!("{api_id}."),
        (None, None) => String::new(),
    };
    Ok((id, name, description))
}

/// A contestant of whom only a name is known.
pub(crate) fn contestant(slug: ContestantSlug, name: String, description: String) -> Contestant {
    Contestant {
        slug,
        name,
        kind: ContestantKind::Imported,
        description,
        weights: None,
        sampler: None,
        system_prompt: None,
        drawing: None,
        service: None,
    }
}

/// `{"model", "prompt", "result", …}`. A blank result is left out: there is nothing to show. Of several results of a
/// model for a prompt the first one counts, because a comparison names only model and prompt.
pub(crate) fn read_results(
    input: Input<'_>,
    arena: &ArenaSlug,
    prompts: &Prompts,
    models: &Models,
    out: &mut Emitter<'_>,
) -> Result<Generations, Fault> {
    let mut generations = Generations::new();
    let mut announced = Announced::default();
    each_row(input, &["id", "model", "prompt"], out, |row, progress, out| {
        let result = match result_of(row, prompts, models) {
            Ok(parsed) => parsed,
            Err(reason) => return Ok(Err(reason)),
        };
        let key = (result.model, result.prompt);
        if generations.contains_key(&key) {
            let what = format!("result of model {} for prompt {}", result.model, result.prompt);
            return Ok(Err(Reason::Duplicate { what }));
        }
        let (Some(contestant), Some((prompt_id, prompt))) = (models.get(&key.0), prompts.get(&key.1)) else {
            return Ok(Err(Reason::UnknownReference { kind: "model or prompt", name: format!("{key:?}") }));
        };
        let slug = contestant.slug.clone();
        let id = GenerationId::of(ContestantId::of(arena, &slug), *prompt_id, None, result.text.as_bytes());
        if !announced.generations.insert(id) {
            let what = format!("result of model {} with the same text for the same prompt", result.model);
            generations.insert(key, id);
            return Ok(Err(Reason::Duplicate { what }));
        }
        generations.insert(key, id);
        announced.contestant(arena, contestant, progress, out)?;
        announced.prompt(arena, *prompt_id, prompt, progress, out)?;
        let generation = Generation {
            contestant: slug,
            content: Content::Text(result.text),
            seed: None,
            tokens: None,
            finish: None,
        };
        out.record(Record::Generation { arena: arena.clone(), prompt: *prompt_id, id, generation }, progress).map(Ok)
    })?;
    Ok(generations)
}

struct ResultRow {
    model: i64,
    prompt: i64,
    text: String,
}

fn result_of(row: &Row<'_>, prompts: &Prompts, models: &Models) -> Result<ResultRow, Reason> {
    let (model, prompt) = (row.required_id("model")?, row.required_id("prompt")?);
    let text = row.required_text("result")?;
    if !models.contains_key(&model) {
        return Err(Reason::UnknownReference { kind: "model", name: model.to_string() });
    }
    if !prompts.contains_key(&prompt) {
        return Err(Reason::UnknownReference { kind: "prompt", name: prompt.to_string() });
    }
    if text.trim().is_empty() {
        return Err(Reason::EmptyText { field: "result" });
    }
    Ok(ResultRow { model, prompt, text })
}

/// What the sink knows already, so that each thing is told once, before what refers to it.
#[derive(Default)]
pub(crate) struct Announced {
    contestants: HashSet<ContestantSlug>,
    prompts: HashSet<PromptId>,
    generations: HashSet<GenerationId>,
}

impl Announced {
    pub(crate) fn contestant(
        &mut self,
        arena: &ArenaSlug,
        contestant: &Contestant,
        progress: Progress,
        out: &mut Emitter<'_>,
    ) -> Result<(), Fault> {
        if !self.contestants.insert(contestant.slug.clone()) {
            return Ok(());
        }
        out.record(Record::Contestant { arena: arena.clone(), contestant: contestant.clone() }, progress)
    }

    pub(crate) fn prompt(
        &mut self,
        arena: &ArenaSlug,
        id: PromptId,
        prompt: &Prompt,
        progress: Progress,
        out: &mut Emitter<'_>,
    ) -> Result<(), Fault> {
        if !self.prompts.insert(id) {
            return Ok(());
        }
        out.record(Record::Prompt { arena: arena.clone(), prompt: prompt.clone() }, progress)
    }
}
