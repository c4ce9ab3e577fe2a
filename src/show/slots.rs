//! Slots: which place in the list each prompt (or seed) has at the backend.
//!
//! The runner remembers what it encoded by place, so a prompt keeps its place while it is in use, a retired one stays
//! there at weight 0 until the place is needed, and a new one takes the place that was retired longest ago. One transition
//! then costs one encode per new prompt, and none on the way back.

/// A list whose entries keep their places.
#[derive(Clone, Debug)]
pub struct Slots<T> {
    places: Vec<Place<T>>,
    /// Counts arrangements, so that places know how long they have been out of use.
    round: u64,
}

#[derive(Clone, Debug)]
struct Place<T> {
    content: T,
    last_used: u64,
}

impl<T: Clone + PartialEq> Slots<T> {
    /// Makes a list with these contents in these places.
    pub fn new(contents: impl IntoIterator<Item = T>) -> Self {
        let places = contents.into_iter().map(|content| Place { content, last_used: 0 }).collect();
        Self { places, round: 0 }
    }

    /// Gives each wanted thing its place and returns the whole list in order, retired places at weight 0.
    ///
    /// What is wanted at weight 0 is in use too: it is on its way in or out.
    pub fn arrange(&mut self, wanted: &[(T, f64)]) -> Vec<(T, f64)> {
        self.round += 1;
        let mut newcomers = Vec::new();
        for (thing, _) in wanted {
            // Two places may hold the same thing (a spare one does at first): the first of them is the one in use.
            match self.places.iter_mut().find(|place| place.content == *thing) {
                Some(place) => place.last_used = self.round,
                None => newcomers.push(thing),
            }
        }
        for thing in newcomers {
            self.take_place(thing.clone());
        }
        let mut unplaced: Vec<_> = wanted.iter().collect();
        self.places
            .iter()
            .map(|place| match unplaced.iter().position(|(thing, _)| *thing == place.content) {
                Some(index) => unplaced.swap_remove(index).clone(),
                None => (place.content.clone(), 0.0),
            })
            .collect()
    }

    /// Gives up places beyond `least` that nothing wanted needs: at rest only, for it may move things.
    ///
    /// For lists whose length decides how they are mixed, as with the runner's own slerp of exactly two.
    pub fn shrink(&mut self, wanted: &[(T, f64)], least: usize) {
        let is_wanted = |place: &Place<T>| wanted.iter().any(|(thing, _)| *thing == place.content);
        let end = least.max(wanted.len());
        while self.places.len() > end {
            let Some(last) = self.places.pop().filter(is_wanted) else { continue };
            if let Some(retired) = self.places.iter_mut().find(|place| !is_wanted(place)) {
                *retired = last;
            }
        }
    }

    fn take_place(&mut self, content: T) {
        let place = Place { content, last_used: self.round };
        let retired = self
            .places
            .iter_mut()
            .filter(|place| place.last_used < self.round)
            .min_by_key(|place| place.last_used);
        match retired {
            Some(retired) => *retired = place,
            None => self.places.push(place),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_keep_their_places_and_newcomers_take_the_longest_retired() {
        let mut slots = Slots::new(["a", "a", "a"]);
        assert_eq!(slots.arrange(&[("a", 1.0)]), [("a", 1.0), ("a", 0.0), ("a", 0.0)]);
        assert_eq!(slots.arrange(&[("a", 0.9), ("b", 0.1)]), [("a", 0.9), ("b", 0.1), ("a", 0.0)]);
        assert_eq!(slots.arrange(&[("b", 1.0)]), [("a", 0.0), ("b", 1.0), ("a", 0.0)]);
        assert_eq!(slots.arrange(&[("b", 0.5), ("c", 0.5)])[1], ("b", 0.5));
        assert_eq!(slots.arrange(&[("b", 0.1), ("a", 0.9)]).iter().map(|slot| slot.1).sum::<f64>(), 1.0);
    }

    #[test]
    fn going_back_changes_no_text() {
        let mut slots = Slots::new(["a", "a", "a"]);
        slots.arrange(&[("a", 1.0)]);
        let there = slots.arrange(&[("a", 0.5), ("b", 0.5)]);
        let back = slots.arrange(&[("b", 0.2), ("a", 0.8)]);
        let texts = |list: &[(&'static str, f64)]| list.iter().map(|slot| slot.0).collect::<Vec<_>>();
        assert_eq!(texts(&there), texts(&back));
    }

    #[test]
    fn at_rest_a_list_of_three_is_one_of_two_again() {
        let mut slots = Slots::new(["a", "b"]);
        slots.arrange(&[("a", 0.4), ("b", 0.3), ("c", 0.3)]);
        slots.shrink(&[("c", 1.0)], 2);
        assert_eq!(slots.arrange(&[("c", 1.0)]), [("c", 1.0), ("b", 0.0)]);
    }

    #[test]
    fn the_list_grows_when_nothing_is_retired() {
        let mut slots = Slots::new(["a"]);
        assert_eq!(slots.arrange(&[("a", 0.5), ("b", 0.5)]), [("a", 0.5), ("b", 0.5)]);
    }
}
