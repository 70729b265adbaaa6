//! Writes an arena with its pool as a bundle (`plaudit-arena/1`), one entry on each line, in an order that stays; an arena of
//! pictures as an archive (`plaudit-pictures/1`).

use std::{collections::HashMap, io::Write, path::Path};

use anyhow::Context;
use plaudit_datasets::{PictureArchive, PictureEntry};
use plaudit_domain::{Arena, Contestant, ContestantId, ContestantSlug, Finish, PromptId, Task};
use serde::Serialize;

use super::{find_arena, find_players};
use crate::{
    cli::GenerateArgs,
    media::MediaStore,
    store::{ContestantDetails, NewGeneration, PromptRow, Store},
};

#[derive(Serialize)]
struct PromptEntry<'a> {
    slug: &'a str,
    text: &'a str,
    category: Option<&'a str>,
}

#[derive(Serialize)]
struct GenerationEntry<'a> {
    contestant: &'a ContestantSlug,
    prompt: &'a str,
    seed: Option<u64>,
    text: &'a str,
    tokens: Option<u32>,
    finish: Option<Finish>,
}

/// Writes the file and answers how many generations are in it.
pub(super) async fn write(store: &Store, args: &GenerateArgs, file: &Path) -> anyhow::Result<u64> {
    let row = find_arena(store, args).await?;
    let contestants: Vec<_> = find_players(store, &row, args)
        .await?
        .into_iter()
        .map(|player| {
            let ContestantDetails { kind, description, weights, sampler, system_prompt, drawing, service } =
                player.row.details;
            let (slug, name) = (player.row.slug, player.row.name);
            let contestant =
                Contestant { slug, name, kind, description, weights, sampler, system_prompt, drawing, service };
            (player.row.id, contestant)
        })
        .collect();
    let prompts = store.prompts(row.id).await?;
    let slugs = slugs(prompts.iter().map(|prompt| (prompt.id, prompt.text.as_str())));
    let place: HashMap<PromptId, usize> =
        prompts.iter().enumerate().map(|(place, prompt)| (prompt.id, place)).collect();
    let of: HashMap<ContestantId, (usize, &ContestantSlug)> =
        contestants.iter().enumerate().map(|(place, (id, contestant))| (*id, (place, &contestant.slug))).collect();
    let mut generations = store.pooled_generations(row.id).await?;
    let of_pictures = row.task != Task::Text;
    generations.retain(|(prompt, made)| {
        of.contains_key(&made.contestant) && place.contains_key(prompt) && made.media.is_some() == of_pictures
    });
    generations.sort_by_key(|(prompt, made)| (place[prompt], of[&made.contestant].0, made.details.seed));
    let arena =
        Arena { slug: row.slug, title: row.title, task: row.task, description: row.description, license: row.license };
    if of_pictures {
        let contestants: Vec<_> = contestants.iter().map(|(_, contestant)| contestant.clone()).collect();
        let media = MediaStore::in_folder(&args.data.data)?;
        let rows = generations.iter().map(|(prompt, made)| (&prompts[place[prompt]], made, of[&made.contestant].1));
        let bytes = archive(&media, &arena, &contestants, rows).await?;
        replace(file, &bytes)?;
        return Ok(generations.len() as u64);
    }
    let generation_entries = generations.iter().map(|(prompt, made)| {
        line(&GenerationEntry {
            contestant: of[&made.contestant].1,
            prompt: &slugs[prompt],
            seed: made.details.seed,
            text: &made.text,
            tokens: made.details.tokens,
            finish: made.details.finish,
        })
    });
    let prompt_entries = prompts.iter().map(|prompt| {
        line(&PromptEntry { slug: &slugs[&prompt.id], text: &prompt.text, category: prompt.category.as_deref() })
    });
    let text = format!(
        "{{\n  \"format\": \"plaudit-arena/1\",\n  \"arena\": {},\n  \"contestants\": [\n{}\n  ],\n  \"prompts\": [\n{}\n  ],\n  \
         \"generations\": [\n{}\n  ]\n}}\n",
        line(&arena)?,
        section(contestants.iter().map(|(_, contestant)| line(contestant)))?,
        section(prompt_entries)?,
        section(generation_entries)?,
    );
    replace(file, text.as_bytes())?;
    Ok(generations.len() as u64)
}

/// The pictures with their prompts and makers.
async fn archive<'a>(
    media: &MediaStore,
    arena: &Arena,
    contestants: &[Contestant],
    rows: impl Iterator<Item = (&'a PromptRow, &'a NewGeneration, &'a ContestantSlug)>,
) -> anyhow::Result<Vec<u8>> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut archive = PictureArchive::new(&mut bytes, arena, contestants)?;
    for (prompt, made, contestant) in rows {
        let Some(picture) = &made.media else { continue };
        let png = media.read(picture.id, 0..picture.bytes).await?;
        let source = match prompt.source {
            Some(source) => {
                let file = media.whole(source).await?.with_context(|| format!("the picture {source} is not there"))?;
                Some(archive.source(source, &file)?)
            }
            None => None,
        };
        let entry = PictureEntry {
            prompt: &prompt.text,
            category: prompt.category.as_deref(),
            source: source.as_deref(),
            contestant,
            seed: made.details.seed,
            description: Some(made.text.as_str()).filter(|text| !text.is_empty()),
        };
        archive.picture(entry, &png)?;
    }
    archive.finish()?;
    Ok(bytes.into_inner())
}

/// Writes beside it and then in its place, so that nobody reads half a file.
fn replace(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = file.file_name().context("--export names no file")?.to_string_lossy();
    let fresh = folder.join(format!(".{name}.new"));
    let context = || format!("cannot write {}", file.display());
    let mut out = std::fs::File::create(&fresh).with_context(context)?;
    out.write_all(bytes).with_context(context)?;
    out.sync_all().with_context(context)?;
    std::fs::rename(&fresh, file).with_context(context)
}

fn line(value: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string(value)
}

fn section(entries: impl Iterator<Item = serde_json::Result<String>>) -> serde_json::Result<String> {
    let lines: Vec<_> = entries.map(|entry| Ok(format!("    {}", entry?))).collect::<serde_json::Result<_>>()?;
    Ok(lines.join(",\n"))
}

/// A name for each prompt within the file, made of its words.
fn slugs<'a>(prompts: impl Iterator<Item = (PromptId, &'a str)>) -> HashMap<PromptId, String> {
    let mut taken: HashMap<String, u32> = HashMap::new();
    prompts
        .map(|(id, text)| {
            let slug = ContestantSlug::from_name(text).to_string();
            let count = taken.entry(slug.clone()).or_default();
            *count += 1;
            (id, if *count == 1 { slug } else { format!("{slug}-{count}") })
        })
        .collect()
}
