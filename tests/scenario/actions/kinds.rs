//! What each kind of step does.

use super::{HOUSE, play, run};

#[test]
fn a_blend_leads_to_a_mix_and_is_arrived_at() {
    let more = "
cues:
  half: { blend: { dawn: 0.3, neon: 0.7 }, fade: 1s }
  most: [{ blend: { dawn: 3, neon: 1 }, fade: 1s, easing: smooth }, { wait: { until: arrived } }, { scene: neon, fade: 1s }]
";
    insta::assert_snapshot!(play(&format!("{HOUSE}{more}"), "
        0:01 osc /segue/cue/half 1
        0:05 osc /segue/cue/half 1
        0:06 osc /segue/cue/most 1
        0:10 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 mist 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 trigger /segue/cue/half (osc)
    0:01.000 cue half
    0:01.000 wall to dawn 0.3 + neon 0.7 in 1s
    0:01.000 update wall | prompt mist 0.825 city 0.175 mist 0.0 | seed 1 0.825 2 0.175
    0:01.300 update wall | prompt mist 0.615 city 0.385 mist 0.0 | seed 1 0.615 2 0.385
    0:01.600 update wall | prompt mist 0.405 city 0.595 mist 0.0 | seed 1 0.405 2 0.595
    0:01.900 update wall | prompt mist 0.3 city 0.7 mist 0.0 | seed 1 0.3 2 0.7
    0:02.000 wall on dawn 0.3 + neon 0.7
    0:05.000 trigger /segue/cue/half (osc)
    0:05.000 cue half
    0:06.000 trigger /segue/cue/most (osc)
    0:06.000 cue most
    0:06.000 wall to dawn 0.75 + neon 0.25 in 1s
    0:06.000 update wall | prompt mist 0.37031 city 0.62969 mist 0.0 | seed 1 0.37031 2 0.62969
    0:06.300 update wall | prompt mist 0.55864 city 0.44136 mist 0.0 | seed 1 0.55864 2 0.44136
    0:06.600 update wall | prompt mist 0.72266 city 0.27734 mist 0.0 | seed 1 0.72266 2 0.27734
    0:06.900 update wall | prompt mist 0.75 city 0.25 mist 0.0 | seed 1 0.75 2 0.25
    0:07.000 wall on dawn 0.75 + neon 0.25
    0:07.000 wall to neon in 1s
    0:07.000 most ended after 1s
    0:07.000 update wall | prompt mist 0.5625 city 0.4375 mist 0.0 | seed 1 0.5625 2 0.4375
    0:07.300 update wall | prompt mist 0.3375 city 0.6625 mist 0.0 | seed 1 0.3375 2 0.6625
    0:07.600 update wall | prompt mist 0.1125 city 0.8875 mist 0.0 | seed 1 0.1125 2 0.8875
    0:07.900 update wall | prompt mist 0.0 city 1.0 mist 0.0 | seed 1 0.0 2 1.0
    0:08.000 wall on neon
    0:10.000 then waits for Poll
    ");
}

#[test]
fn a_variable_counts_keeps_its_kind_and_is_seen_by_the_next_step() {
    insta::assert_snapshot!(run("
variables: { count: 0, mood: calm, open: true }
triggers:
  pad:
    when: { osc: /pad }
    do:
      - variable: { count: '{{ vars.count + 1 }}', mood: 'calm {{ vars.count }}', open: '{{ vars.count > 1 }}' }
      - log: '{{ vars.count }} {{ vars.mood }} {{ vars.open }}'
  value: { when: { mqtt: value }, do: { variable: { count: '{{ payload }}' } } }
", "
        0:01 osc /pad 1
        0:02 osc /pad 1
        0:03 mqtt value 41
        0:04 osc /pad 1
        0:05 mqtt value many
        0:06 mqtt value [1]
        0:10 end
    "), @r#"
    0:01.000 trigger pad (osc)
    0:01.000 pad sets count to 1
    0:01.000 pad sets mood to "calm 1"
    0:01.000 pad sets open to false
    0:01.000 pad says: 1 calm 1 false
    0:02.000 trigger pad (osc)
    0:02.000 pad sets count to 2
    0:02.000 pad sets mood to "calm 2"
    0:02.000 pad sets open to true
    0:02.000 pad says: 2 calm 2 true
    0:03.000 trigger value (mqtt)
    0:03.000 value sets count to 41
    0:04.000 trigger pad (osc)
    0:04.000 pad sets count to 42
    0:04.000 pad sets mood to "calm 42"
    0:04.000 pad says: 42 calm 42 true
    0:05.000 trigger value (mqtt)
    0:05.000 refused mqtt: bad value (1): value: count: "many" is not a number
    0:06.000 trigger value (mqtt)
    0:10.000 then waits for Tell
    "#);
}

#[test]
fn messages_go_out_with_their_places_filled_in() {
    insta::assert_snapshot!(run("
variables: { count: 2 }
triggers:
  motion:
    when: { mqtt: gallery/+/motion }
    do:
      - publish: { topic: 'lamps/{{ payload.room }}/set', payload: 'on {{ vars.count }}', retain: true, qos: 0 }
      - publish: { topic: board, payload: { room: '{{ payload.room }}', level: '{{ payload.level }}', list: [1, on] } }
      - publish: { topic: clear }
      - send: { osc: '/lamp/{{ payload.room }}', args: ['{{ payload.level }}', 1, 1.0, true, 'room {{ payload.room }}'], to: '127.0.0.1:9000' }
      - call: { url: 'http://lamp.local/{{ payload.room }}/on?by={{ topic }}', timeout: 5s }
      - call: { url: 'http://lamp.local/x', json: { level: '{{ payload.level }}' } }
      - call: { url: { env: LAMP_URL }, method: PUT, body: 'level {{ payload.level }}' }
      - log: '{{ topic }} says {{ payload.level }}'
", r##"
        0:01 mqtt gallery/north/motion {"room": "a b&c", "level": 0.5}
        0:02 api down
        0:03 mqtt gallery/north/motion {"room": "#", "level": 1}
        0:04 mqtt gallery/north/motion off
        2:00 end
    "##), @r##"
    0:01.000 trigger motion (mqtt)
    0:01.000 -> publish lamps/a b&c/set on 2 (retained) (QoS 0)
    0:01.000 -> publish board {"level":0.5,"list":[1,"on"],"room":"a b&c"}
    0:01.000 -> publish clear (empty)
    0:01.000 refused mqtt: not sent (1): motion: `/lamp/a b&c` is no OSC address
    0:01.000 -> call GET http://lamp.local/a%20b%26c/on?by=gallery%2Fnorth%2Fmotion (within 5s)
    0:01.000 -> call POST http://lamp.local/x {"level":0.5} (within 10s)
    0:01.000 -> call PUT … level 0.5 (within 10s)
    0:01.000 motion says: gallery/north/motion says 0.5
    0:01.100 motion called lamp.local: 200 after 100ms
    0:01.100 motion called lamp.local: 200 after 100ms
    0:01.100 motion called …: 200 after 100ms
    0:03.000 trigger motion (mqtt)
    0:03.000 refused mqtt: not published (1): motion: `lamps/#/set` is no topic to publish to
    0:03.000 -> publish board {"level":1,"list":[1,"on"],"room":"#"}
    0:03.000 -> publish clear (empty)
    0:03.000 -> call GET http://lamp.local/%23/on?by=gallery%2Fnorth%2Fmotion (within 5s)
    0:03.000 -> call POST http://lamp.local/x {"level":1} (within 10s)
    0:03.000 -> call PUT … level 1 (within 10s)
    0:03.000 motion says: gallery/north/motion says 1
    0:03.100 motion called lamp.local: no connection after 100ms
    0:03.100 motion called lamp.local: no connection after 100ms
    0:03.100 motion called …: no connection after 100ms
    0:04.000 trigger motion (mqtt)
    0:04.000 -> publish clear (empty)
    0:04.000 refused mqtt: not called (1): motion: it asks for something that is not there
    0:04.000 refused mqtt: nothing to say (1): motion: it asks for something that is not there
    1:01.000 refused mqtt: not sent (2): motion: it asks for something that is not there
    1:03.000 refused mqtt: not published (2): motion: a place has nothing to fill it
    1:04.000 refused mqtt: not called (2): motion: it asks for something that is not there
    2:00.000 then waits for Poll
    "##);
}

#[test]
fn a_prompt_is_filled_in_and_what_comes_from_outside_keeps_to_the_rules() {
    let more = "
text: { deny: [gore, naked people] }
variables: { last: nobody }
triggers:
  visitor:
    when: { mqtt: gallery/prompt }
    do:
      - scene: { prompt: [['{{ payload }}, watercolour', 0.6], ['{{ vars.last }} people', 0.4]], seed: 7 }
        fade: 0s
      - variable: { last: '{{ payload }}' }
";
    insta::assert_snapshot!(play(&format!("{HOUSE}{more}"), "
        0:01 mqtt gallery/prompt a red fox
        0:02 mqtt gallery/prompt g0re
        0:03 mqtt gallery/prompt naked
        0:04 mqtt gallery/prompt a blue fox
        2:00 end
    "), @r#"
    0:00.001 create wall | prompt mist 1.0 city 0.0 mist 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 trigger visitor (mqtt)
    0:01.000 wall to “a red fox, watercolour + nobody people” in 0s
    0:01.000 visitor sets last to "a red fox"
    0:01.000 update wall | prompt mist 0.0 a red fox, watercolour 0.6 nobody people 0.4 | seed 1 0.0 7 1.0
    0:01.100 wall on “a red fox, watercolour + nobody people”
    0:02.000 trigger visitor (mqtt)
    0:02.000 refused mqtt: bad prompt (1): visitor: the text has a word in it that is denied
    0:02.000 visitor sets last to "g0re"
    0:03.000 trigger visitor (mqtt)
    0:03.000 visitor sets last to "naked"
    0:04.000 trigger visitor (mqtt)
    0:04.000 visitor sets last to "a blue fox"
    1:02.000 refused mqtt: bad prompt (2): visitor: the text has a word in it that is denied
    2:00.000 then waits for Poll
    "#);
}

#[test]
fn with_a_list_of_allowed_words_the_show_file_may_say_what_it_likes() {
    let more = "
text: { allow: [fox, red] }
triggers:
  visitor: { when: { osc: /prompt }, do: { scene: { prompt: 'watercolour of a {{ args[0] }}' }, fade: 0s } }
";
    insta::assert_snapshot!(run(more, "
        0:01 osc /prompt red
        0:02 osc /prompt blue
        0:03 osc /prompt fox
        0:10 end
    "), @r"
    0:01.000 trigger visitor (osc)
    0:01.000 wall to “watercolour of a red” in 0s
    0:01.100 wall on “watercolour of a red”
    0:02.000 trigger visitor (osc)
    0:02.000 refused osc: bad prompt (1): visitor: the text has a word in it that is not on the list of those allowed
    0:03.000 trigger visitor (osc)
    0:03.000 wall to “watercolour of a fox” in 0s
    0:03.100 wall on “watercolour of a fox”
    0:10.000 then waits for Poll
    ");
}
