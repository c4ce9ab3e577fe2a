//! What can be said of a painting without eyes.

use super::*;

const SEA: &str = "slow ocean waves seen from above";
const EMBERS: &str = "glowing embers drifting in the dark";

fn entry<T>(item: T, coefficient: f64) -> Entry<T> {
    Entry { item, weight: coefficient, coefficient }
}

fn scene(prompts: &[(&str, f64)]) -> Scene {
    Scene {
        size: (352.0, 192.0),
        prompts: prompts.iter().map(|(text, coefficient)| entry((*text).to_owned(), *coefficient)).collect(),
        length: 1.0,
        seeds: vec![entry(42, 1.0)],
        restraint: 0.43,
        delta: 0.7,
        moment: Some(Duration::from_secs(12)),
        now: Duration::from_secs(12),
        view: View::Clear,
        state: "ONLINE".to_owned(),
        fps: 28.4,
    }
}

/// Returns the mean of the upper half, where no caption is.
fn mean(picture: &Picture) -> [f64; 3] {
    let upper = &picture.rgb[..picture.width * (picture.height / 2) * 3];
    let dots = (upper.len() / 3) as f64;
    let sum = |channel| upper.iter().skip(channel).step_by(3).map(|byte| f64::from(*byte)).sum::<f64>();
    [sum(0) / dots, sum(1) / dots, sum(2) / dots]
}

/// Returns the mean difference of two pictures, in steps of a byte.
fn difference(a: &Picture, b: &Picture) -> f64 {
    let steps: u64 = a.rgb.iter().zip(&b.rgb).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    steps as f64 / a.rgb.len() as f64
}

#[test]
fn the_same_scene_is_the_same_picture() {
    let scene = Scene { size: (704.0, 384.0), ..scene(&[(SEA, 0.5428), (EMBERS, 0.5428)]) };
    let picture = draw(&scene);
    assert_eq!((picture.width, picture.height), (704, 384));
    assert_eq!(picture, draw(&scene));
    assert_eq!(png(&picture), png(&draw(&scene)));
    assert_eq!(jpeg(&picture), jpeg(&draw(&scene)));
}

#[test]
fn the_coefficients_lead_from_one_palette_to_the_other() {
    let at = |share: f64| {
        let (sin, angle) = (0.8_f64.sin(), 0.8);
        let (a, b) = (((1.0 - share) * angle).sin() / sin, (share * angle).sin() / sin);
        mean(&draw(&scene(&[(SEA, a), (EMBERS, b)])))
    };
    let (sea, embers) = (at(0.0), at(1.0));
    let way: Vec<f64> = (0..3).map(|channel| embers[channel] - sea[channel]).collect();
    let length: f64 = way.iter().map(|part| part * part).sum();
    assert!(length > 900.0, "two prompts look different: {sea:?}, {embers:?}");
    assert_eq!(sea, mean(&draw(&scene(&[(SEA, 1.0)]))), "an entry of nothing adds nothing");
    let mut last = -1e-9;
    for step in 1..=16 {
        let here = at(f64::from(step) / 16.0);
        let gone = (0..3).map(|channel| (here[channel] - sea[channel]) * way[channel]).sum::<f64>() / length;
        assert!(gone > last, "at step {step} of 16 the colour is {gone} of the way, after {last}");
        last = gone;
    }
    assert!((last - 1.0).abs() < 1e-9);
}

#[test]
fn everything_that_changes_the_blend_is_seen() {
    let base = scene(&[(SEA, 0.6), (EMBERS, 0.4)]);
    let picture = draw(&base);
    let seen = |what: &str, other: Scene| {
        let difference = difference(&picture, &draw(&other));
        assert!(difference > 1.5, "{what}: {difference}");
    };
    seen("a seed", Scene { seeds: vec![entry(43, 1.0)], ..base.clone() });
    seen("two seeds", Scene { seeds: vec![entry(42, 0.707), entry(43, 0.707)], ..base.clone() });
    seen("delta", Scene { delta: 0.2, ..base.clone() });
    seen("the steps", Scene { restraint: 0.8, ..base.clone() });
    seen("no length", Scene { length: 0.0, ..base.clone() });
    seen(
        "a text",
        Scene { prompts: vec![entry(SEA.to_owned(), 0.6), entry("a wall".to_owned(), 0.4)], ..base.clone() },
    );
    seen("ten seconds", Scene { moment: Some(Duration::from_secs(22)), ..base.clone() });
    let soon = Scene { moment: Some(Duration::from_millis(12_033)), ..base };
    let moved = difference(&picture, &draw(&soon));
    assert!(moved < 1.5, "from frame to frame it flows: {moved}");
}

#[test]
fn what_is_not_a_number_is_black_and_loading_is_grey() {
    let upper = |picture: &Picture| picture.rgb[..picture.width * 3 * 60].to_vec();
    let mut base = scene(&[(SEA, f64::NAN), (EMBERS, f64::NAN)]);
    assert!(upper(&draw(&base)).iter().all(|byte| *byte == 0));
    base = scene(&[(SEA, 1.0)]);
    base.seeds[0].coefficient = f64::NAN;
    assert!(upper(&draw(&base)).iter().all(|byte| *byte == 0));
    base = scene(&[(SEA, 1.0)]);
    for dark in [Scene { view: View::Dark, ..base.clone() }, Scene { moment: None, ..base.clone() }] {
        assert!(upper(&draw(&dark)).iter().all(|byte| *byte == 0));
    }
    let colour = |picture: &Picture| {
        let [red, green, blue] = mean(picture);
        red.max(green).max(blue) - red.min(green).min(blue)
    };
    let loading = draw(&Scene { view: View::Loading, ..base.clone() });
    assert!(colour(&draw(&base)) > 20.0 && colour(&loading) < 6.0, "{}", colour(&loading));
    let later = draw(&Scene { view: View::Loading, now: Duration::from_millis(12_400), ..base.clone() });
    assert_ne!(loading, later, "the sign turns");
    let first = draw(&Scene { view: View::Loading, moment: None, ..base });
    assert!(mean(&first)[0] > 5.0, "a model that was never seen loads in grey too");
}

#[test]
fn any_text_and_any_number_is_written_within_the_picture() {
    let long = "雪 \u{202e}ab\0\n\x1b[31m".repeat(100_000);
    let texts = [long.as_str(), "", " ", "\u{10ffff}", "'\"<script>", &"w".repeat(56)];
    let mut prompts: Vec<(&str, f64)> = texts.iter().map(|text| (*text, 0.2)).collect();
    prompts.extend((0..500).map(|_| ("a", -7e300)));
    for size in [(704.0, 384.0), (64.0, 64.0), (64.0, 1e9), (1e9, 64.0), (0.0, f64::NAN), (4096.0, 4096.0)] {
        let mut base = scene(&prompts);
        base.size = size;
        base.state = long.clone();
        (base.fps, base.length, base.delta, base.restraint) = (1e300, f64::NAN, f64::NAN, f64::NAN);
        base.prompts[0].weight = -1e308;
        base.prompts[1].weight = f64::INFINITY;
        base.seeds = vec![entry(i64::MIN, 1e300), entry(i64::MAX, -1e300), entry(0, 0.0), entry(1, 0.0)];
        let Picture { width, height, rgb } = draw(&base);
        assert_eq!(rgb.len(), width * height * 3);
        assert!((192..=1024).contains(&width) && (192..=1408).contains(&height), "{width} x {height}");
        assert!(width * height <= 704 * 384, "{width} x {height}");
    }
    draw(&Scene { prompts: Vec::new(), seeds: Vec::new(), ..scene(&[]) });
}

/// Prints what a frame costs.
#[test]
#[ignore = "a measurement: run it alone, in release"]
#[expect(clippy::disallowed_methods, reason = "it is about real time")]
fn the_cost_of_a_frame() {
    const FRAMES: u32 = 50;
    let many: Vec<(String, f64)> = (0..9).map(|number| (format!("waves number {number}"), 0.1)).collect();
    let many: Vec<(&str, f64)> =
        many.iter().map(|(text, coefficient)| (text.as_str(), *coefficient)).collect();
    let size = (704.0, 384.0);
    let usual = Scene { size, ..scene(&[(SEA, 0.5428), (EMBERS, 0.5428)]) };
    let mut most = Scene { size, ..scene(&many) };
    most.seeds = (0..9).map(|seed| entry(seed, 0.3)).collect();
    for (name, scene) in [("two prompts, one seed", usual), ("the most", most)] {
        let start = std::time::Instant::now();
        for frame in 0..FRAMES {
            let moment = Some(Duration::from_millis(100) * frame);
            assert!(jpeg(&draw(&Scene { moment, ..scene.clone() })).is_some());
        }
        println!("{name}: {:?} a frame, JPEG included", start.elapsed() / FRAMES);
    }
}
