//! What draws in a browser: the models and galleries of the catalogue, each with the settings that suit it.

use plaudit_app::view_model::live::OfferedPainter;
use plaudit_domain::PictureSampler;
use plaudit_runner::protocol::Painter;

use crate::models::{Catalogue, CatalogueModel};

/// The architecture of what turns captions into vectors.
const CAPTIONS: &str = "picture-captions";
/// The architecture of what looks pictures up.
const GALLERY: &str = "picture-gallery";
/// Enough for the words to be seen in the picture, before its colours turn garish.
const GUIDANCE: f32 = 3.0;
/// In few steps more than this leaves noise behind.
const HASTY_GUIDANCE: f32 = 1.5;

/// One way to use an architecture.
struct Use {
    architecture: &'static str,
    steps: u32,
    guidance: f32,
    name: &'static str,
    about: &'static str,
}

const USES: [Use; 6] = [
    Use {
        architecture: "picture-diffusion",
        steps: 18,
        guidance: GUIDANCE,
        name: "Diffusion, 18 steps",
        about: "Takes the noise away bit by bit, and looks twice at each step.",
    },
    Use {
        architecture: "picture-diffusion",
        steps: 6,
        guidance: HASTY_GUIDANCE,
        name: "Diffusion, 6 steps",
        about: "The same model in a hurry.",
    },
    Use {
        architecture: "picture-flow",
        steps: 12,
        guidance: GUIDANCE,
        name: "Flow matching, 12 steps",
        about: "Goes along straight lines from noise to the picture.",
    },
    Use {
        architecture: "picture-consistency",
        steps: 1,
        guidance: 1.0,
        name: "Consistency, 1 step",
        about: "Jumps from noise to the picture at once.",
    },
    Use {
        architecture: "picture-consistency",
        steps: 2,
        guidance: 1.0,
        name: "Consistency, 2 steps",
        about: "Jumps, adds noise again, and jumps once more.",
    },
    Use {
        architecture: GALLERY,
        steps: 1,
        guidance: 1.0,
        name: "Nearest emoji",
        about: "No model: it looks up the emoji whose name is nearest to your words. What models have to be better than.",
    },
];

/// What draws with what is there.
pub(super) fn painters(catalogue: &Catalogue) -> Vec<OfferedPainter> {
    let models = catalogue.models();
    let of = |architecture: &str| models.iter().find(|model| model.manifest.architecture == architecture);
    let Some(captions) = of(CAPTIONS).map(CatalogueModel::for_browsers) else { return Vec::new() };
    let offer = |used: &Use| {
        let model = of(used.architecture)?.for_browsers();
        Some(OfferedPainter {
            name: used.name.to_owned(),
            about: used.about.to_owned(),
            sampler: PictureSampler { steps: used.steps, guidance: used.guidance, style: None, edit: None },
            painter: Painter {
                model: model.manifest,
                folder: model.folder,
                captions: captions.manifest.clone(),
                captions_folder: captions.folder.clone(),
            },
        })
    };
    let found: Vec<OfferedPainter> = USES.iter().filter_map(offer).collect();
    // What looks pictures up is there to be compared with; alone it is no model that draws.
    let draws = found.iter().any(|found| found.painter.model.architecture != GALLERY);
    if draws { found } else { Vec::new() }
}
