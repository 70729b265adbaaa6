use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

/// A seeded stream of standard normal numbers, the same on every machine.
pub struct Noise(ChaCha8Rng);

impl Noise {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// One of many independent streams of a seed, such as that of one training step.
    pub fn stream(seed: u64, stream: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(stream);
        Self(random)
    }

    /// Uniform below `count`, which is not 0; the bias of at most `count / 2^53` matters to nobody here.
    pub fn below(&mut self, count: usize) -> usize {
        (self.unit() * count as f64) as usize
    }

    /// The next numbers, by Box and Muller.
    pub fn normals(&mut self, count: usize) -> Vec<f32> {
        let pairs = (0..count.div_ceil(2)).flat_map(|_| {
            let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
            let (sine, cosine) = (std::f64::consts::TAU * self.unit()).sin_cos();
            [(radius * cosine) as f32, (radius * sine) as f32]
        });
        let mut normals: Vec<f32> = pairs.collect();
        normals.truncate(count);
        normals
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_normal_and_belongs_to_its_seed() {
        let normals = Noise::new(3).normals(20_001);
        let mean = normals.iter().sum::<f32>() / 20_001.0;
        let square = normals.iter().map(|value| value * value).sum::<f32>() / 20_001.0;
        assert!(mean.abs() < 0.03 && (square - 1.0).abs() < 0.05, "{mean} {square}");
        assert_eq!(Noise::new(3).normals(20_001), normals);
        assert_ne!(Noise::new(4).normals(4), normals[..4]);
    }
}
