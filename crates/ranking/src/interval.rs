use serde::{Deserialize, Serialize};

use crate::{RankingError, error::check_option};

/// A closed range of ratings, in the unit of what it belongs to: natural log-odds, or points after
/// [`DisplayScale::interval`](crate::DisplayScale::interval).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The lower end.
    pub lower: f64,
    /// The upper end.
    pub upper: f64,
}

impl Interval {
    /// From end to end.
    pub fn width(&self) -> f64 {
        self.upper - self.lower
    }
}

/// How many standard errors an interval of this two-sided level reaches to either side.
pub(crate) fn two_sided_quantile(level: f64) -> Result<f64, RankingError> {
    check_option("level", level, level > 0.0 && level < 1.0, "a number strictly between 0 and 1")?;
    // From the lower tail: (1 + level) / 2 would round to 1 for levels very near 1.
    Ok(-normal_quantile((1.0 - level) / 2.0)?)
}

/// Normal intervals of this two-sided level around each centre that has an error.
pub(crate) fn normal_intervals(
    centres: &[Option<f64>],
    errors: &[Option<f64>],
    level: f64,
) -> Result<Vec<Option<Interval>>, RankingError> {
    let quantile = two_sided_quantile(level)?;
    let around = |(centre, error): (&Option<f64>, &Option<f64>)| {
        let (centre, reach) = ((*centre)?, quantile * (*error)?);
        Some(Interval { lower: centre - reach, upper: centre + reach })
    };
    Ok(centres.iter().zip(errors).map(around).collect())
}

/// Φ⁻¹: the standard normal quantile of a probability, to about 16 digits.
///
/// Source: M. J. Wichura, *Algorithm AS 241: The Percentage Points of the Normal Distribution*, Applied Statistics 37
/// (1988), routine PPND16.
///
/// # Errors
/// A probability that is not strictly between 0 and 1.
///
/// ```
/// assert!((plaudit_ranking::normal_quantile(0.975)? - 1.959963984540054).abs() < 1e-14);
/// # Ok::<(), plaudit_ranking::RankingError>(())
/// ```
pub fn normal_quantile(probability: f64) -> Result<f64, RankingError> {
    let inside = probability > 0.0 && probability < 1.0;
    check_option("probability", probability, inside, "a number strictly between 0 and 1")?;
    let centred = probability - 0.5;
    if centred.abs() <= 0.425 {
        return Ok(centred * ratio(&CENTRE, 0.180_625 - centred * centred));
    }
    let radius = (-probability.min(1.0 - probability).ln()).sqrt();
    let size = if radius <= 5.0 { ratio(&SHOULDER, radius - 1.6) } else { ratio(&TAIL, radius - 5.0) };
    Ok(size.copysign(centred))
}

/// Two polynomials, constant term first.
type Rational = [[f64; 8]; 2];

fn ratio([numerator, denominator]: &Rational, at: f64) -> f64 {
    let polynomial = |terms: &[f64; 8]| terms.iter().rev().fold(0.0, |sum, term| sum * at + term);
    polynomial(numerator) / polynomial(denominator)
}

const CENTRE: Rational = [
    [
        3.387_132_872_796_366_5,
        1.331_416_678_917_843_8e2,
        1.971_590_950_306_551_3e3,
        1.373_169_376_550_946e4,
        4.592_195_393_154_987e4,
        6.726_577_092_700_87e4,
        3.343_057_558_358_813e4,
        2.509_080_928_730_122_7e3,
    ],
    [
        1.0,
        4.231_333_070_160_091e1,
        6.871_870_074_920_579e2,
        5.394_196_021_424_751e3,
        2.121_379_430_158_659_7e4,
        3.930_789_580_009_271e4,
        2.872_908_573_572_194_3e4,
        5.226_495_278_852_854e3,
    ],
];

const SHOULDER: Rational = [
    [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        2.417_807_251_774_506e-1,
        2.272_384_498_926_918_4e-2,
        7.745_450_142_783_414e-4,
    ],
    [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        6.897_673_349_851e-1,
        1.481_039_764_274_800_8e-1,
        1.519_866_656_361_645_7e-2,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ],
];

const TAIL: Rational = [
    [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        2.965_605_718_285_048_7e-1,
        2.653_218_952_657_612_4e-2,
        1.242_660_947_388_078_4e-3,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ],
    [
        1.0,
        5.998_322_065_558_88e-1,
        1.369_298_809_227_358e-1,
        1.487_536_129_085_061_5e-2,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_8e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ],
];
