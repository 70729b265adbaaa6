use burn::tensor::{Device, Tensor};

/// Positions that a cache grows by at once.
const GROWTH: usize = 128;

/// Keys and values of all positions so far, so that a prefix is never computed again.
#[derive(Clone)]
pub(crate) struct Cache {
    layers: Vec<Layer>,
    /// Positions in use.
    length: usize,
}

/// `[key-value heads, capacity, head width]` each.
#[derive(Clone, Default)]
struct Layer {
    keys: Option<Tensor<3>>,
    values: Option<Tensor<3>>,
}

impl Cache {
    pub(crate) fn new(layers: usize) -> Self {
        Self { layers: (0..layers).map(|_| Layer::default()).collect(), length: 0 }
    }

    /// Positions in use.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// Adds the keys and values of one layer, and gives back those of all positions.
    pub(super) fn extend(&mut self, layer: usize, keys: Tensor<3>, values: Tensor<3>) -> (Tensor<3>, Tensor<3>) {
        let length = self.length;
        let layer = &mut self.layers[layer];
        (append(&mut layer.keys, length, keys), append(&mut layer.values, length, values))
    }

    /// All layers have the next `count` positions now.
    pub(super) fn advance(&mut self, count: usize) {
        self.length += count;
    }
}

/// The slot is taken out while it is written to: a tensor with one owner is written in place.
fn append(slot: &mut Option<Tensor<3>>, length: usize, new: Tensor<3>) -> Tensor<3> {
    let [heads, count, width] = new.dims();
    let wanted = length + count;
    let mut stored = slot.take().unwrap_or_else(|| zeros(heads, 0, width, &new.device()));
    let capacity = stored.dims()[1];
    if wanted > capacity {
        let grown = zeros(heads, wanted.next_multiple_of(GROWTH), width, &new.device());
        stored = if length == 0 {
            grown
        } else {
            grown.slice_assign([0..heads, 0..length, 0..width], stored.slice([0..heads, 0..length, 0..width]))
        };
    }
    let stored = stored.slice_assign([0..heads, length..wanted, 0..width], new);
    let all = stored.clone().slice([0..heads, 0..wanted, 0..width]);
    *slot = Some(stored);
    all
}

fn zeros(heads: usize, capacity: usize, width: usize, device: &Device) -> Tensor<3> {
    Tensor::zeros([heads, capacity, width], device)
}
