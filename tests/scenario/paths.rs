//! What a fade looks like from outside: the first and the last update, what lies between, and the silence after it.

use super::{SHOW, play};

#[test]
fn a_fade_is_a_few_updates_an_exact_end_and_silence() {
    insta::assert_snapshot!(play(SHOW, "
        0:01 go neon 2s
        0:10 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 trigger go neon (http)
    0:01.000 wall to neon in 2s
    0:01.000 update wall | prompt mist 0.9375 city 0.0625 rain 0.0 | seed 1 0.9375 2 0.0625
    0:01.250 update wall | prompt mist 0.7625 city 0.2375 rain 0.0 | seed 1 0.7625 2 0.2375
    0:01.500 update wall | prompt mist 0.6375 city 0.3625 rain 0.0 | seed 1 0.6375 2 0.3625
    0:01.750 update wall | prompt mist 0.5125 city 0.4875 rain 0.0 | seed 1 0.5125 2 0.4875
    0:02.000 update wall | prompt mist 0.3875 city 0.6125 rain 0.0 | seed 1 0.3875 2 0.6125
    0:02.250 update wall | prompt mist 0.2625 city 0.7375 rain 0.0 | seed 1 0.2625 2 0.7375
    0:02.500 update wall | prompt mist 0.1375 city 0.8625 rain 0.0 | seed 1 0.1375 2 0.8625
    0:02.750 update wall | prompt mist 0.0125 city 0.9875 rain 0.0 | seed 1 0.0125 2 0.9875
    0:03.000 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    0:03.100 wall on neon
    0:10.000 then waits for Poll
    ");
}

#[test]
fn a_new_target_starts_from_where_the_mix_is() {
    insta::assert_snapshot!(play(SHOW, "
        0:01 go neon 4s
        0:03 go rain 2s
        0:10 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 trigger go neon (http)
    0:01.000 wall to neon in 4s
    0:01.000 update wall | prompt mist 0.96875 city 0.03125 rain 0.0 | seed 1 0.96875 2 0.03125
    0:01.250 update wall | prompt mist 0.88125 city 0.11875 rain 0.0 | seed 1 0.88125 2 0.11875
    0:01.500 update wall | prompt mist 0.81875 city 0.18125 rain 0.0 | seed 1 0.81875 2 0.18125
    0:01.750 update wall | prompt mist 0.75625 city 0.24375 rain 0.0 | seed 1 0.75625 2 0.24375
    0:02.000 update wall | prompt mist 0.69375 city 0.30625 rain 0.0 | seed 1 0.69375 2 0.30625
    0:02.250 update wall | prompt mist 0.63125 city 0.36875 rain 0.0 | seed 1 0.63125 2 0.36875
    0:02.500 update wall | prompt mist 0.56875 city 0.43125 rain 0.0 | seed 1 0.56875 2 0.43125
    0:02.750 update wall | prompt mist 0.50625 city 0.49375 rain 0.0 | seed 1 0.50625 2 0.49375
    0:03.000 update wall | prompt mist 0.44375 city 0.55625 rain 0.0 | seed 1 0.44375 2 0.55625
    0:03.000 trigger go rain (http)
    0:03.000 wall to rain in 2s
    0:03.100 update wall | prompt mist 0.41875 city 0.5 rain 0.08125 | seed 1 0.41875 2 0.58125
    0:03.350 update wall | prompt mist 0.35625 city 0.5 rain 0.14375 | seed 1 0.35625 2 0.64375
    0:03.600 update wall | prompt mist 0.29375 city 0.5 rain 0.20625 | seed 1 0.29375 2 0.70625
    0:03.850 update wall | prompt mist 0.23125 city 0.5 rain 0.26875 | seed 1 0.23125 2 0.76875
    0:04.100 update wall | prompt mist 0.16875 city 0.5 rain 0.33125 | seed 1 0.16875 2 0.83125
    0:04.350 update wall | prompt mist 0.10625 city 0.5 rain 0.39375 | seed 1 0.10625 2 0.89375
    0:04.600 update wall | prompt mist 0.04375 city 0.5 rain 0.45625 | seed 1 0.04375 2 0.95625
    0:04.850 update wall | prompt mist 0.0 city 0.5 rain 0.5 | seed 1 0.0 2 1.0
    0:05.000 wall on rain
    0:10.000 then waits for Poll
    ");
}

#[test]
fn a_cut_is_one_update_at_once() {
    insta::assert_snapshot!(play(SHOW, "
        0:01 go neon 0s
        0:01.05 go dawn 0s
        0:05 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 trigger go neon (http)
    0:01.000 wall to neon in 0s
    0:01.000 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    0:01.050 trigger go dawn (http)
    0:01.050 wall to dawn in 0s
    0:01.100 update wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:01.200 wall on dawn
    0:05.000 then waits for Poll
    ");
}

#[test]
fn asked_again_for_where_it_goes_only_sooner_counts() {
    insta::assert_snapshot!(play(SHOW, "
        0:01 go neon 2s
        0:02 go neon 2s
        0:02.1 go neon 0.2s
        0:05 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 trigger go neon (http)
    0:01.000 wall to neon in 2s
    0:01.000 update wall | prompt mist 0.9375 city 0.0625 rain 0.0 | seed 1 0.9375 2 0.0625
    0:01.250 update wall | prompt mist 0.7625 city 0.2375 rain 0.0 | seed 1 0.7625 2 0.2375
    0:01.500 update wall | prompt mist 0.6375 city 0.3625 rain 0.0 | seed 1 0.6375 2 0.3625
    0:01.750 update wall | prompt mist 0.5125 city 0.4875 rain 0.0 | seed 1 0.5125 2 0.4875
    0:02.000 update wall | prompt mist 0.3875 city 0.6125 rain 0.0 | seed 1 0.3875 2 0.6125
    0:02.000 trigger go neon (http)
    0:02.100 trigger go neon (http)
    0:02.100 wall to neon in 200ms
    0:02.100 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    0:02.300 wall on neon
    0:05.000 then waits for Poll
    ");
}

#[test]
fn a_long_fade_is_sent_by_its_moves_and_not_by_the_clock() {
    // A fade of ten minutes moves by 1 % in six seconds: about a hundred updates, not 2400.
    let transcript = play(
        SHOW,
        "
        0:01 go neon 600s
        12:00 end
    ",
    );
    let updates = transcript.lines().filter(|line| line.contains(" update wall")).count();
    assert!((95..=105).contains(&updates), "{updates} updates\n{transcript}");
}

#[test]
fn a_staircase_is_sent_at_its_steps() {
    insta::assert_snapshot!(play(&SHOW.replace("easing: linear, fade: 2s", "easing: steps(2), fade: 8s"), "
        0:01 go neon
        0:20 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 trigger go neon (http)
    0:01.000 wall to neon in 8s
    0:04.875 update wall | prompt mist 0.5 city 0.5 rain 0.0 | seed 1 0.5 2 0.5
    0:08.775 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    0:09.000 wall on neon
    0:20.000 then waits for Poll
    ");
}

#[test]
fn numbers_and_nets_fade_with_the_mix_and_return_to_the_base() {
    let show = "
streams:
  wall:
    backend: simulator
    blend: linear
    start: dawn
    status: { every: 1h }
    params:
      prompt: mist
      seed: 1
      guidance_scale: 1.2
      num_inference_steps: 50
      controlnets: { depth: 0.5, canny: 0.1 }
scenes:
  dawn: { easing: linear }
  neon: { delta: 0.3, num_inference_steps: 40, controlnets: { depth: 0.2 }, easing: linear, fade: 1s }
";
    insta::assert_snapshot!(play(show, "
        0:01 go neon
        0:05 go dawn 0s
        0:06 end
    "), @r#"
    0:00.001 create wall | controlnets [{"conditioning_scale":0.5,"enabled":true,"model_id":"thibaud/controlnet-sd21-depth-diffusers","preprocessor":"depth_tensorrt","preprocessor_params":{}},{"conditioning_scale":0.1,"enabled":true,"model_id":"thibaud/controlnet-sd21-canny-diffusers","preprocessor":"canny","preprocessor_params":{"high_threshold":200,"low_threshold":100}}] | delta 0.7 | guidance_scale 1.2 | num_inference_steps 50 | prompt mist 1.0 mist 0.0 mist 0.0 | seed 1 1.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 trigger go neon (http)
    0:01.000 wall to neon in 1s
    0:01.000 update wall | controlnets [{"conditioning_scale":0.4625,"enabled":true,"model_id":"thibaud/controlnet-sd21-depth-diffusers","preprocessor":"depth_tensorrt","preprocessor_params":{}},{"conditioning_scale":0.1,"enabled":true,"model_id":"thibaud/controlnet-sd21-canny-diffusers","preprocessor":"canny","preprocessor_params":{"high_threshold":200,"low_threshold":100}}] | delta 0.65 | num_inference_steps 49
    0:01.250 update wall | controlnets [{"conditioning_scale":0.3575,"enabled":true,"model_id":"thibaud/controlnet-sd21-depth-diffusers","preprocessor":"depth_tensorrt","preprocessor_params":{}},{"conditioning_scale":0.1,"enabled":true,"model_id":"thibaud/controlnet-sd21-canny-diffusers","preprocessor":"canny","preprocessor_params":{"high_threshold":200,"low_threshold":100}}] | delta 0.51 | num_inference_steps 45
    0:01.500 update wall | controlnets [{"conditioning_scale":0.2825,"enabled":true,"model_id":"thibaud/controlnet-sd21-depth-diffusers","preprocessor":"depth_tensorrt","preprocessor_params":{}},{"conditioning_scale":0.1,"enabled":true,"model_id":"thibaud/controlnet-sd21-canny-diffusers","preprocessor":"canny","preprocessor_params":{"high_threshold":200,"low_threshold":100}}] | delta 0.41 | num_inference_steps 43
    0:01.750 update wall | controlnets [{"conditioning_scale":0.2075,"enabled":true,"model_id":"thibaud/controlnet-sd21-depth-diffusers","preprocessor":"depth_tensorrt","preprocessor_params":{}},{"conditioning_scale":0.1,"enabled":true,"model_id":"thibaud/controlnet-sd21-canny-diffusers","preprocessor":"canny","preprocessor_params":{"high_threshold":200,"low_threshold":100}}] | delta 0.31 | num_inference_steps 40
    0:02.000 update wall | controlnets [{"conditioning_scale":0.2,"enabled":true,"model_id":"thibaud/controlnet-sd21-depth-diffusers","preprocessor":"depth_tensorrt","preprocessor_params":{}},{"conditioning_scale":0.1,"enabled":true,"model_id":"thibaud/controlnet-sd21-canny-diffusers","preprocessor":"canny","preprocessor_params":{"high_threshold":200,"low_threshold":100}}] | delta 0.3
    0:02.100 wall on neon
    0:05.000 trigger go dawn (http)
    0:05.000 wall to dawn in 0s
    0:05.000 update wall | controlnets [{"conditioning_scale":0.5,"enabled":true,"model_id":"thibaud/controlnet-sd21-depth-diffusers","preprocessor":"depth_tensorrt","preprocessor_params":{}},{"conditioning_scale":0.1,"enabled":true,"model_id":"thibaud/controlnet-sd21-canny-diffusers","preprocessor":"canny","preprocessor_params":{"high_threshold":200,"low_threshold":100}}] | delta 0.7 | num_inference_steps 50
    0:05.100 wall on dawn
    0:06.000 then waits for Poll
    "#);
}

#[test]
fn what_reloads_the_pipeline_is_cut_once_and_comes_back() {
    let show = "
timezone: Europe/Berlin
streams: { wall: { backend: simulator, blend: linear, status: { every: 1h }, params: { do_add_noise: true } } }
scenes:
  dawn: { easing: linear, fade: 1s }
  bare: { easing: linear, fade: 1s, allow_reload: true, do_add_noise: false, similar_image_filter_threshold: 0.5 }
";
    insta::assert_snapshot!(play(show, "
        0:01 go bare 1s
        0:10 go dawn 0s
        0:20 end
    "), @r#"
    0:00.001 create wall | do_add_noise true | prompt flowers 1.0 flowers 0.0 flowers 0.0 | seed 789 1.0 | similar_image_filter_threshold 0.98
    0:00.101 wall created as str_1
    0:00.102 wall on base
    0:00.202 wall is ONLINE
    0:01.000 trigger go bare (http)
    0:01.000 wall to bare in 1s
    0:01.500 update wall | do_add_noise false | similar_image_filter_threshold 0.5
    0:02.000 wall on bare
    0:10.000 trigger go dawn (http)
    0:10.000 wall to dawn in 0s
    0:10.000 update wall | do_add_noise true | similar_image_filter_threshold 0.98
    0:10.100 wall on dawn
    0:20.000 then waits for Poll
    "#);
}
