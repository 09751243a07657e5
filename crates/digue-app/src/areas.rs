//! What the areas of operations keep between calls: one value of each type, put together at start.
//!
//! The app itself knows no area. Each area takes its own value out by its type (`App::area`), so
//! that none reaches into another one's.

use std::any::{Any, TypeId};
use std::collections::HashMap;

/// The state of one area.
pub trait Area: Any + Send + Sync {}

/// The states of all areas.
#[derive(Default)]
pub struct Areas(HashMap<TypeId, Box<dyn Any + Send + Sync>>);

impl Areas {
    /// Adds the state of an area.
    ///
    /// # Panics
    /// When it is there already: the program was put together twice.
    #[must_use]
    pub fn with<A: Area>(mut self, area: A) -> Self {
        let before = self.0.insert(TypeId::of::<A>(), Box::new(area));
        assert!(
            before.is_none(),
            "{} is added once",
            std::any::type_name::<A>()
        );
        self
    }

    pub(crate) fn get<A: Area>(&self) -> &A {
        let area = self
            .0
            .get(&TypeId::of::<A>())
            .and_then(|area| area.downcast_ref());
        area.unwrap_or_else(|| {
            panic!(
                "{} is among the areas that the app is built with",
                std::any::type_name::<A>()
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counter(u8);
    impl Area for Counter {}

    #[test]
    fn each_area_finds_its_own_state() {
        let areas = Areas::default().with(Counter(7));
        assert_eq!(areas.get::<Counter>().0, 7);
    }

    #[test]
    #[should_panic(expected = "Counter is among the areas")]
    fn a_program_without_an_area_says_which() {
        Areas::default().get::<Counter>();
    }
}
