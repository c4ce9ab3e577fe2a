//! What there is to see of a stream, put together for the painter.

use std::time::Duration;

use super::{
    guardian::Guardian,
    params::Params,
    picture::{Entry, Scene, View},
    state::State,
    stream::Stream,
};

/// The size of what is shown where there never was a picture.
const SIZE: (f64, f64) = (704.0, 384.0);

/// Returns the scene of a stream that has gone on to `at`.
pub(super) fn of(stream: &Stream, at: Duration) -> Scene {
    match stream.ingest() {
        Some(ingest) if ingest.is_live() => of_runner(ingest.guardian(), at),
        Some(ingest) => Scene { view: View::Dark, ..of_runner(ingest.guardian(), at) },
        None => nothing(at),
    }
}

fn of_runner(guardian: &Guardian, at: Duration) -> Scene {
    let (process, engine) = (guardian.process(), guardian.process().engine());
    let params = process.present();
    // July 2025 kept the last frame while it loaded, and so does who asked for that.
    let tells = params.all().get("show_reloading_frame").is_some_and(|shown| *shown == true);
    let loads = process.ready_at().is_none() && (tells || guardian.last_out().is_none());
    let entry = |(item, weight, coefficient)| Entry { item, weight, coefficient };
    Scene {
        size: params.resolution(),
        prompts: engine
            .prompts()
            .map(|(text, weight, coefficient)| entry((text.clone(), weight, coefficient)))
            .collect(),
        length: engine.length(),
        seeds: engine
            .seeds()
            .map(|(seed, weight, coefficient)| Entry { item: *seed, weight, coefficient })
            .collect(),
        restraint: restraint(params),
        delta: params.all()["delta"].as_f64().unwrap_or_default(),
        moment: guardian.last_out(),
        now: at,
        view: if loads { View::Loading } else { View::Clear },
        state: guardian.state().name().to_owned(),
        fps: guardian.fps_out(),
    }
}

fn nothing(at: Duration) -> Scene {
    Scene {
        size: SIZE,
        prompts: Vec::new(),
        length: 1.0,
        seeds: Vec::new(),
        restraint: 0.0,
        delta: 0.0,
        moment: None,
        now: at,
        view: View::Dark,
        state: State::Offline.name().to_owned(),
        fps: 0.0,
    }
}

/// Returns how far down its schedule the painting begins, on average: low indices paint more freely.
fn restraint(params: &Params) -> f64 {
    let indices = params.indices();
    let mean = indices.iter().sum::<i64>() as f64 / indices.len().max(1) as f64;
    mean / params.steps().max(1) as f64
}
