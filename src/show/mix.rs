//! The mix: where a stream is between scenes. A point; how it moves is `transition.rs`'s.

use std::sync::Arc;

use super::scene::Scene;

/// Scenes with weights that are finite, not negative and sum to 1.
///
/// A scene of weight 0 may be in it: one that is on its way in or out and must keep its slots.
#[derive(Clone, Debug, PartialEq)]
pub struct Mix(Vec<Part>);

/// One scene's share.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The scene.
    pub scene: Arc<Scene>,
    /// Its share, 0 to 1.
    pub weight: f64,
}

impl Mix {
    /// Makes a mix of one scene.
    pub fn of(scene: &Arc<Scene>) -> Self {
        Self(vec![Part { scene: Arc::clone(scene), weight: 1.0 }])
    }

    /// Makes a mix from raw weights: negative ones become 0 and the rest is scaled to sum to 1.
    ///
    /// `None` when nothing is left: all weights are 0 or not finite.
    pub fn from_raw(parts: impl IntoIterator<Item = (Arc<Scene>, f64)>) -> Option<Self> {
        let mut parts: Vec<Part> =
            parts.into_iter().map(|(scene, weight)| Part { scene, weight: weight.max(0.0) }).collect();
        let sum: f64 = parts.iter().map(|part| part.weight).sum();
        if !(sum.is_finite() && sum > 1e-9) {
            return None;
        }
        // What sums to 1 already stays exactly as it is: the ends of a path are exact.
        if (sum - 1.0).abs() > 1e-12 {
            for part in &mut parts {
                part.weight /= sum;
            }
        }
        Some(Self(parts))
    }

    /// Returns the scenes and their shares, in a stable order.
    pub fn parts(&self) -> &[Part] {
        &self.0
    }

    /// Returns the share of a scene that is in it.
    pub fn share_of(&self, scene: &Arc<Scene>) -> Option<f64> {
        self.0.iter().find(|part| Arc::ptr_eq(&part.scene, scene)).map(|part| part.weight)
    }

    /// Returns it with another share for one scene, the others scaled to what is left.
    ///
    /// Where all others are at 0, what is left goes to the others of `rest`; `None` where there are none.
    pub fn with_share(&self, scene: &Arc<Scene>, share: f64, rest: &Self) -> Option<Self> {
        let others = |mix: &Self| -> Vec<Part> {
            mix.0
                .iter()
                .filter(|part| !Arc::ptr_eq(&part.scene, scene) && part.weight > 0.0)
                .cloned()
                .collect()
        };
        let own = others(self);
        let others = if own.is_empty() { others(rest) } else { own };
        let sum: f64 = others.iter().map(|part| part.weight).sum();
        if others.is_empty() {
            return None;
        }
        let scaled = others.into_iter().map(|part| (part.scene, part.weight / sum * (1.0 - share)));
        let own = (share > 0.0).then(|| (Arc::clone(scene), share));
        Self::from_raw(scaled.filter(|(_, weight)| *weight > 0.0).chain(own))
    }

    /// Returns it with other scenes in the place of its own.
    #[must_use]
    pub fn recast(&self, new: &mut impl FnMut(&Arc<Scene>) -> Arc<Scene>) -> Self {
        Self(self.0.iter().map(|part| Part { scene: new(&part.scene), weight: part.weight }).collect())
    }

    /// Returns whether another mix is the same point, in whatever order.
    pub fn is_at(&self, other: &Self) -> bool {
        let has = |part: &Part| other.share_of(&part.scene).unwrap_or_default() == part.weight;
        let lacks = |part: &Part| part.weight > 0.0 && self.share_of(&part.scene).is_none();
        self.0.iter().all(has) && !other.0.iter().any(lacks)
    }

    /// Returns what people call it: the scene, or the scenes with their shares, `dawn 0.3 + neon 0.7`.
    pub fn name(&self) -> Arc<str> {
        let on: Vec<&Part> = self.0.iter().filter(|part| part.weight > 0.0).collect();
        if let [only] = on.as_slice() {
            return Arc::clone(&only.scene.name);
        }
        let told = |part: &&Part| format!("{} {}", part.scene.name, (part.weight * 100.0).round() / 100.0);
        on.iter().map(told).collect::<Vec<_>>().join(" + ").into()
    }

    /// Returns the scene with the largest share; of equals the one that came last.
    pub fn heaviest(&self) -> &Arc<Scene> {
        let mut heaviest = &self.0[0];
        for part in &self.0[1..] {
            if part.weight >= heaviest.weight {
                heaviest = part;
            }
        }
        &heaviest.scene
    }
}
