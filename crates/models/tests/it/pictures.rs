//! Samplers beside the exact solutions that a network of known output has, and what goes wrong.

use burn::tensor::{Device, Tensor, TensorData};
use futures_lite::future::block_on;
use plaudit_domain::SelfCheck;
use plaudit_models::{
    LoadError, ModelFiles, WeightsError, device,
    picture::{
        CAPTION_WIDTH, Caption, Conditions, DATA_DEVIATION, Denoiser, DenoiserConfig, Drawing, EditMethod, LOWEST,
        Noise, Objective, ParameterSource, Picture, PictureError, PictureModel, SamplerSettings, Style, VALUES,
        from_patches, jump_levels, noise_levels, normalised,
    },
};
use safetensors::{Dtype, tensor::TensorView};

/// In units of a byte: what a picture of bytes can tell, and rounding.
const TOLERANCE: i16 = 2;

/// What 18 steps of second order leave, in units of a byte.
const DISCRETISATION: i16 = 6;

/// Parameters of zeros, but for the last bias.
struct Constant<'a> {
    device: &'a Device,
    output: f32,
}

impl ParameterSource for Constant<'_> {
    fn matrix(&mut self, name: &str, rows: usize, columns: usize) -> Result<Tensor<2>, WeightsError> {
        let value = if name == "last.bias" { self.output } else { 0.0 };
        Ok(Tensor::from_data(TensorData::new(vec![value; rows * columns], [rows, columns]), self.device))
    }
}

fn config(objective: Objective) -> DenoiserConfig {
    // The picture is the state itself: what the network calls one standard deviation is one of the picture.
    let shape = DenoiserConfig::small(objective, 0.0, DATA_DEVIATION);
    DenoiserConfig { condition_width: 32, fine_width: 32, coarse_width: 32, coarse_blocks: 1, ..shape }
}

fn network(objective: Objective, output: f32, device: &Device) -> Denoiser {
    Denoiser::new(&config(objective), &mut Constant { device, output }).unwrap()
}

fn caption() -> Caption {
    Caption { vector: vec![(CAPTION_WIDTH as f32).sqrt().recip(); CAPTION_WIDTH] }
}

fn settings(steps: u32) -> SamplerSettings {
    SamplerSettings { steps, guidance: 1.0, style: None }
}

fn drawn(objective: Objective, output: f32, seed: u64, settings: SamplerSettings) -> Picture {
    let device = device::cpu();
    let network = network(objective, output, &device);
    block_on(Drawing::start(&network, &device, &caption(), seed, settings).unwrap().finish()).unwrap()
}

fn assert_near(found: &Picture, values: &[f32]) {
    assert_within(found, values, TOLERANCE);
}

fn assert_within(found: &Picture, values: &[f32], tolerance: i16) {
    let expected = from_patches(values).unwrap();
    let farthest = found.rgb().iter().zip(expected.rgb()).map(|(a, b)| (i16::from(*a) - i16::from(*b)).abs()).max();
    assert!(farthest <= Some(tolerance), "{farthest:?}");
}

/// With `F = 0` the ODE is `dx/dσ = σ x / (σ² + σ_data²)`, solved by `x ∝ √(σ² + σ_data²)`.
#[test]
fn heun_s_steps_reach_the_exact_solution() {
    let highest = noise_levels(18)[0] as f32;
    let scale = DATA_DEVIATION / (highest * highest + DATA_DEVIATION * DATA_DEVIATION).sqrt();
    let exact: Vec<f32> = Noise::new(7).normals(VALUES).iter().map(|value| value * highest * scale).collect();
    assert_within(&drawn(Objective::Diffusion, 0.0, 7, settings(18)), &exact, DISCRETISATION);
    assert_near(&drawn(Objective::Diffusion, 0.0, 7, settings(80)), &exact);
    // Guidance between equals changes nothing.
    let guided = SamplerSettings { guidance: 3.0, ..settings(18) };
    assert_within(&drawn(Objective::Diffusion, 0.0, 7, guided), &exact, DISCRETISATION);
}

#[test]
fn a_constant_velocity_is_followed_exactly_in_any_number_of_steps() {
    let noise = Noise::new(3).normals(VALUES);
    let exact: Vec<f32> = noise.iter().map(|noise| (noise - 0.8) * DATA_DEVIATION).collect();
    for steps in [1, 5] {
        assert_near(&drawn(Objective::Flow, 0.8, 3, settings(steps)), &exact);
    }
}

#[test]
fn a_consistency_model_jumps_once_or_again_from_fresh_noise() {
    let data = DATA_DEVIATION * DATA_DEVIATION;
    let skip = |level: f32| data / ((level - LOWEST).powi(2) + data);
    let mut noise = Noise::new(5);
    let first = noise.normals(VALUES);
    let highest = noise_levels(1)[0] as f32;
    let once: Vec<f32> = first.iter().map(|value| value * highest * skip(highest)).collect();
    assert_near(&drawn(Objective::Consistency, 0.0, 5, settings(1)), &once);

    let between = jump_levels(2)[1] as f32;
    assert!(
        (0.5..3.0).contains(&between),
        "a second step from where hardly any noise is left would change nothing: {between}"
    );
    let again = (between * between - LOWEST * LOWEST).max(0.0).sqrt();
    let twice = once.iter().zip(noise.normals(VALUES)).map(|(value, noise)| (value + again * noise) * skip(between));
    assert_near(&drawn(Objective::Consistency, 0.0, 5, settings(2)), &twice.collect::<Vec<f32>>());
}

fn gradient() -> Picture {
    Picture::new(&(0..VALUES).map(|place| (place * 251 % 256) as u8).collect::<Vec<u8>>()).unwrap()
}

fn edited(objective: Objective, method: EditMethod, settings: SamplerSettings) -> Result<Picture, PictureError> {
    let device = device::cpu();
    let network = network(objective, 0.0, &device);
    block_on(Drawing::edit(&network, &device, (&gradient(), method), &caption(), 3, settings)?.finish())
}

/// Of a network that says the same whatever it is asked, what was followed back to its noise is where it came from.
#[test]
fn a_picture_that_is_inverted_and_asked_for_nothing_else_comes_back() {
    let values = normalised(&config(Objective::Diffusion), &gradient());
    let found = edited(Objective::Diffusion, EditMethod::Inversion { level: 3.0 }, settings(60)).unwrap();
    assert_within(&found, &values, DISCRETISATION);
}

#[test]
fn noise_of_the_asked_level_is_put_on_a_picture_and_taken_away() {
    let level = 0.8_f32;
    let scale = DATA_DEVIATION / (level * level + DATA_DEVIATION * DATA_DEVIATION).sqrt();
    let noise = Noise::new(3).normals(VALUES);
    let values = normalised(&config(Objective::Diffusion), &gradient());
    let exact: Vec<f32> = values.iter().zip(noise).map(|(value, noise)| (value + level * noise) * scale).collect();
    let found = edited(Objective::Diffusion, EditMethod::Noise { level }, settings(40)).unwrap();
    assert_near(&found, &exact);
}

#[test]
fn a_way_to_change_pictures_is_that_of_its_network() {
    let refused =
        |objective, method| matches!(edited(objective, method, settings(2)), Err(PictureError::Setting { .. }));
    for level in [0.0, -1.0, 21.0, f32::NAN] {
        assert!(refused(Objective::Diffusion, EditMethod::Noise { level }), "{level}");
        assert!(refused(Objective::Diffusion, EditMethod::Inversion { level }), "{level}");
    }
    assert!(refused(Objective::Diffusion, EditMethod::Instruction));
    assert!(refused(Objective::Flow, EditMethod::Noise { level: 1.0 }));
    assert!(refused(Objective::Consistency, EditMethod::Inversion { level: 1.0 }));
    assert!(edited(Objective::Consistency, EditMethod::Noise { level: 1.0 }, settings(1)).is_ok());

    let device = device::cpu();
    let config = DenoiserConfig { sees_source: true, ..config(Objective::Diffusion) };
    let sees = Denoiser::new(&config, &mut Constant { device: &device, output: 0.0 }).unwrap();
    let alone = Drawing::start(&sees, &device, &caption(), 1, settings(2));
    assert!(matches!(alone, Err(PictureError::Setting { name: "the network", .. })));
    let noise =
        Drawing::edit(&sees, &device, (&gradient(), EditMethod::Noise { level: 1.0 }), &caption(), 1, settings(2));
    assert!(matches!(noise, Err(PictureError::Setting { .. })));
    let mut drawing =
        Drawing::edit(&sees, &device, (&gradient(), EditMethod::Instruction), &caption(), 1, settings(2)).unwrap();
    assert!(block_on(drawing.step()).unwrap().is_some());
}

#[test]
fn steps_are_counted_shown_and_come_to_an_end() {
    let device = device::cpu();
    let network = network(Objective::Diffusion, 0.1, &device);
    let mut drawing = Drawing::start(&network, &device, &caption(), 1, settings(3)).unwrap();
    for step in 1..=3 {
        let made = block_on(drawing.step()).unwrap().unwrap();
        assert_eq!((made.step, made.steps, drawing.made()), (step, 3, step));
    }
    assert_eq!(block_on(drawing.step()).unwrap(), None);
}

#[test]
fn the_same_seed_gives_the_same_picture_and_another_another() {
    let one = drawn(Objective::Diffusion, 0.1, 11, settings(4));
    assert_eq!(drawn(Objective::Diffusion, 0.1, 11, settings(4)), one);
    assert_ne!(drawn(Objective::Diffusion, 0.1, 12, settings(4)), one);
}

#[test]
fn what_is_not_a_number_is_an_error_that_names_the_step() {
    let device = device::cpu();
    let network = network(Objective::Diffusion, f32::NAN, &device);
    let mut drawing = Drawing::start(&network, &device, &caption(), 1, settings(3)).unwrap();
    assert!(matches!(block_on(drawing.step()), Err(PictureError::NotANumber { step: 1 })));
}

#[test]
fn settings_and_captions_that_make_no_sense_are_refused() {
    let device = device::cpu();
    let network = network(Objective::Diffusion, 0.0, &device);
    let start = |caption: &Caption, settings| Drawing::start(&network, &device, caption, 1, settings).map(|_| ());
    for wrong in [settings(0), settings(1001)] {
        assert!(matches!(start(&caption(), wrong), Err(PictureError::Setting { .. })));
    }
    for guidance in [-1.0, f32::NAN, f32::INFINITY] {
        let wrong = SamplerSettings { guidance, ..settings(1) };
        assert!(matches!(start(&caption(), wrong), Err(PictureError::Setting { name: "guidance", .. })));
    }
    let short = Caption { vector: vec![0.0; 3] };
    assert!(matches!(start(&short, settings(1)), Err(PictureError::Caption { found: 3, .. })));
    let nonsense = Caption { vector: vec![f32::NAN; CAPTION_WIDTH] };
    assert!(matches!(start(&nonsense, settings(1)), Err(PictureError::Setting { name: "the caption", .. })));
}

/// Parameters of seeded noise, which remembers what was asked for.
struct Random {
    noise: Noise,
    device: Device,
    asked: Vec<(String, [usize; 2], Vec<f32>)>,
}

impl Random {
    fn new() -> Self {
        Self { noise: Noise::new(1), device: device::cpu(), asked: Vec::new() }
    }
}

impl ParameterSource for Random {
    fn matrix(&mut self, name: &str, rows: usize, columns: usize) -> Result<Tensor<2>, WeightsError> {
        let values: Vec<f32> = self.noise.normals(rows * columns).iter().map(|value| value * 0.1).collect();
        self.asked.push((name.to_owned(), [rows, columns], values.clone()));
        Ok(Tensor::from_data(TensorData::new(values, [rows, columns]), &self.device))
    }
}

/// The files of a small model of noise, in half precision as those that ship.
fn files() -> ModelFiles {
    let mut random = Random::new();
    let config = config(Objective::Diffusion);
    Denoiser::new(&config, &mut random).unwrap();
    let halves = |values: &[f32]| values.iter().flat_map(|value| half::f16::from_f32(*value).to_le_bytes()).collect();
    let bytes: Vec<Vec<u8>> = random.asked.iter().map(|(_, _, values)| halves(values)).collect();
    let views =
        random.asked.iter().zip(&bytes).map(|((name, shape, _), bytes)| {
            (name.clone(), TensorView::new(Dtype::F16, shape.to_vec(), bytes).unwrap())
        });
    let weights = safetensors::serialize(views.collect::<Vec<_>>(), None).unwrap();
    ModelFiles { weights, config: Some(serde_json::to_vec(&config).unwrap()), ..ModelFiles::default() }
}

#[test]
fn files_give_the_network_s_output_that_a_check_was_made_of() {
    let model = PictureModel::load(&files(), &device::cpu()).unwrap();
    let output = block_on(model.check_output(1, 2)).unwrap();
    assert_eq!(output.len(), VALUES);
    let mut check = SelfCheck { prompt_tokens: vec![1, 2], logits: vec![(0, output[0]), (99, output[99])] };
    assert!(block_on(model.self_check(&check)).unwrap() < 1e-6);
    check.logits[0].1 += 1.0;
    assert!(block_on(model.self_check(&check)).unwrap() > 0.9);
    check.logits[0].0 = u32::MAX;
    assert!(matches!(block_on(model.self_check(&check)), Err(PictureError::Setting { .. })));
    check.prompt_tokens.clear();
    assert!(matches!(block_on(model.self_check(&check)), Err(PictureError::Setting { .. })));
}

/// A network of noise, so that it does not change when models are trained anew; those that ship have a self-check.
#[test]
fn a_fixed_caption_and_seed_give_the_picture_that_they_gave() {
    let expected: Vec<f32> = serde_json::from_str(include_str!("../fixtures/picture.json")).unwrap();
    let model = PictureModel::load(&files(), &device::cpu()).unwrap();
    let settings = SamplerSettings { steps: 6, guidance: 1.5, style: Some(Style::Noto) };
    let found = means(&block_on(model.draw(&caption(), 4, settings)).unwrap());
    assert_eq!(found.len(), expected.len(), "{found:?}");
    let farthest = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(farthest < 1.0, "{farthest} of 255; {found:?}");
}

/// Means of red, green and blue over blocks of 8×8 pixels, rounded to tenths.
fn means(picture: &Picture) -> Vec<f32> {
    let rgb = picture.rgb();
    let blocks = (0..16).flat_map(|block| (0..3).map(move |channel| (block, channel)));
    let mean = |(block, channel): (usize, usize)| {
        let pixels = (0..64).map(|pixel| (block / 4 * 8 + pixel / 8) * 32 + block % 4 * 8 + pixel % 8);
        let sum: f32 = pixels.map(|pixel| f32::from(rgb[pixel * 3 + channel])).sum();
        (sum / 6.4).round() / 10.0
    };
    blocks.map(mean).collect()
}

#[test]
fn damaged_files_are_refused() {
    let cpu = device::cpu();
    let files = files();
    assert!(PictureModel::load(&files, &cpu).unwrap().parameters() > 1000);
    let cut = ModelFiles { weights: files.weights[..files.weights.len() / 2].to_vec(), ..files.clone() };
    assert!(matches!(PictureModel::load(&cut, &cpu), Err(LoadError::Weights(_))));
    let bare = ModelFiles { config: None, ..files.clone() };
    assert!(matches!(PictureModel::load(&bare, &cpu), Err(LoadError::Weights(WeightsError::NoConfig))));
    let wider = DenoiserConfig { fine_width: 64, ..config(Objective::Diffusion) };
    let other = ModelFiles { config: Some(serde_json::to_vec(&wider).unwrap()), ..files.clone() };
    assert!(matches!(PictureModel::load(&other, &cpu), Err(LoadError::Weights(WeightsError::Shape { .. }))));
    let narrow = DenoiserConfig { caption_width: 3, ..config(Objective::Diffusion) };
    let other = ModelFiles { config: Some(serde_json::to_vec(&narrow).unwrap()), ..files };
    assert!(matches!(PictureModel::load(&other, &cpu), Err(LoadError::Weights(WeightsError::Setting { .. }))));
}

/// Rows of a batch do not see each other.
#[test]
fn a_row_is_computed_alike_alone_and_beside_another() {
    let device = device::cpu();
    let network = Denoiser::new(&config(Objective::Diffusion), &mut Random::new()).unwrap();
    let apply = |inputs: Vec<f32>, levels: Vec<f32>| -> Vec<f32> {
        let rows = levels.len();
        let captions = caption().vector.repeat(rows);
        let conditions = Conditions { captions, styles: vec![None; rows], levels, ..Conditions::default() };
        let input = Tensor::from_data(TensorData::new(inputs, [rows * 64, 48]), &device);
        network.apply(input, &conditions, &device).into_data().try_to_vec().unwrap()
    };
    let (one, other) = (Noise::new(2).normals(VALUES), Noise::new(3).normals(VALUES));
    let alone = apply(one.clone(), vec![0.3]);
    let beside = apply([one, other].concat(), vec![0.3, -0.9]);
    assert!(alone.iter().zip(&beside).all(|(a, b)| (a - b).abs() < 1e-5));
    assert!(alone.iter().any(|value| value.abs() > 1e-3));
}
