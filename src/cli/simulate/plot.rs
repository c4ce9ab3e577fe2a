pub(super) fn draw(_world: &super::world::World) -> String {
    String::new()
}
