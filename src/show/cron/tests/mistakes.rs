//! What a person reads who wrote an expression wrong.

use super::CronExpression;

#[test]
#[expect(clippy::too_many_lines, reason = "a table, and what is said to each row")]
fn mistakes_are_told_with_field_place_and_hint() {
    let texts = [
        "",
        "* * * *",
        "0 0 1 1 * * 2027",
        "@daily 5",
        "@reboot",
        "@every 5m",
        "@noon",
        "0 25 * * *",
        "0 24 * * *",
        "61 0 * * *",
        "0 0 0 * *",
        "0 0 * 13 *",
        "0 0 * * 8",
        "99999999999 * * * *",
        "1,2,,3 * * * *",
        ",1 * * * *",
        "0 9, * * *",
        "5- * * * *",
        "-5 * * * *",
        "*/ * * * *",
        "/5 * * * *",
        "*/0 * * * *",
        "*/60 * * * *",
        "0 8-10/3 * * *",
        "0/15 * * * *",
        "0 0 ? * *",
        "0 0 L * *",
        "0 0 15W * *",
        "0 0 * * MON#2",
        "0 0 * * 5L",
        "0 0 * MON *",
        "0 0 * * Monday",
        "0 x * * *",
        "0 0 * * */x",
        "*5 * * * *",
        "1/2/3 * * * *",
        "1-2-3 * * * *",
        "\u{e9}\u{a0}1 * * *\u{3000}*",
        "0 0 30 2 *",
        "0 0 31 4,6,9,11 *",
        "0 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa * * *",
    ];
    let told = texts.map(|text| {
        let error = CronExpression::parse(text).expect_err(text);
        let at = text.get(error.span()).expect("on character boundaries");
        let allowed = error.allowed().map_or(String::new(), |range| format!(" ({range:?})"));
        let hint = error.hint().map_or(String::new(), |hint| format!("\n      hint: {hint}"));
        format!("{text:?}\n      {error}{allowed}\n      at {:?} {at:?}{hint}", error.span())
    });
    insta::assert_snapshot!(told.join("\n"), @r#"
    ""
          an expression has 5 fields, or 6 with the seconds first, and this has 0
          at 0..0 ""
          hint: the fields are minute, hour, day of month, month, weekday: `30 2 * * *`
    "* * * *"
          an expression has 5 fields, or 6 with the seconds first, and this has 4
          at 0..7 "* * * *"
          hint: the fields are minute, hour, day of month, month, weekday: `30 2 * * *`
    "0 0 1 1 * * 2027"
          an expression has 5 fields, or 6 with the seconds first, and this has 7
          at 12..16 "2027"
          hint: leave out the year
    "@daily 5"
          an expression has 5 fields, or 6 with the seconds first, and this has 2
          at 7..8 "5"
          hint: the fields are minute, hour, day of month, month, weekday: `30 2 * * *`
    "@reboot"
          `@reboot` does not name a time
          at 0..7 "@reboot"
          hint: a show decides by itself what to play when it starts
    "@every 5m"
          `@every` does not name a time
          at 0..6 "@every"
          hint: write an interval such as `*/5 * * * *`
    "@noon"
          `@noon` does not name a time
          at 0..5 "@noon"
          hint: those that do are @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually
    "0 25 * * *"
          hour: 25 is out of range 0-23 (0..=23)
          at 2..4 "25"
    "0 24 * * *"
          hour: 24 is out of range 0-23 (0..=23)
          at 2..4 "24"
          hint: midnight is 0
    "61 0 * * *"
          minute: 61 is out of range 0-59 (0..=59)
          at 0..2 "61"
    "0 0 0 * *"
          day of month: 0 is out of range 1-31 (1..=31)
          at 4..5 "0"
          hint: the first is 1
    "0 0 * 13 *"
          month: 13 is out of range 1-12 (1..=12)
          at 6..8 "13"
    "0 0 * * 8"
          weekday: 8 is out of range 0-7 (0..=7)
          at 8..9 "8"
    "99999999999 * * * *"
          minute: 99999999999 is out of range 0-59 (0..=59)
          at 0..11 "99999999999"
    "1,2,,3 * * * *"
          minute: a value is missing (0..=59)
          at 4..5 ","
          hint: take out the comma, `-` or `/` that has nothing beside it
    ",1 * * * *"
          minute: a value is missing (0..=59)
          at 0..1 ","
          hint: take out the comma, `-` or `/` that has nothing beside it
    "0 9, * * *"
          hour: a value is missing (0..=23)
          at 3..4 ","
          hint: take out the comma, `-` or `/` that has nothing beside it
    "5- * * * *"
          minute: a value is missing (0..=59)
          at 1..2 "-"
          hint: take out the comma, `-` or `/` that has nothing beside it
    "-5 * * * *"
          minute: a value is missing (0..=59)
          at 0..1 "-"
          hint: take out the comma, `-` or `/` that has nothing beside it
    "*/ * * * *"
          minute: a value is missing (0..=59)
          at 1..2 "/"
          hint: take out the comma, `-` or `/` that has nothing beside it
    "/5 * * * *"
          minute: a value is missing (0..=59)
          at 0..1 "/"
          hint: take out the comma, `-` or `/` that has nothing beside it
    "*/0 * * * *"
          minute: a step of 0 never gets anywhere (0..=59)
          at 2..3 "0"
          hint: leave the step out, or write how many to go on
    "*/60 * * * *"
          minute: a step of 60 is larger than the range 0-59 (0..=59)
          at 2..4 "60"
          hint: only 0 would ever match: write `0`
    "0 8-10/3 * * *"
          hour: a step of 3 is larger than the range 8-10 (0..=23)
          at 7..8 "3"
          hint: only 8 would ever match: write `8`
    "0/15 * * * *"
          minute: `0` has a step but is not a range (0..=59)
          at 0..4 "0/15"
          hint: write `0-59/15`
    "0 0 ? * *"
          day of month: `?` is not supported (1..=31)
          at 4..5 "?"
          hint: write `*`
    "0 0 L * *"
          day of month: `L` is not supported (1..=31)
          at 4..5 "L"
          hint: days are counted from the start: midnight of day `1` is the end of the last day
    "0 0 15W * *"
          day of month: `W` is not supported (1..=31)
          at 4..7 "15W"
          hint: name the weekdays in the last field: `MON-FRI`
    "0 0 * * MON#2"
          weekday: `#` is not supported (0..=7)
          at 8..13 "MON#2"
          hint: a weekday cannot be counted within the month: name the weekday alone, as `MON`
    "0 0 * * 5L"
          weekday: `L` is not supported (0..=7)
          at 8..10 "5L"
          hint: days are counted from the start: midnight of day `1` is the end of the last day
    "0 0 * MON *"
          month: `MON` is not a number or a name (1..=12)
          at 6..9 "MON"
          hint: that is a weekday: the order is minute, hour, day of month, month, weekday
    "0 0 * * Monday"
          weekday: `Monday` is not a number or a name (0..=7)
          at 8..14 "Monday"
          hint: names have three letters: `MON`
    "0 x * * *"
          hour: `x` is not a number (0..=23)
          at 2..3 "x"
    "0 0 * * */x"
          weekday: the step `x` is not a number (0..=7)
          at 10..11 "x"
          hint: leave the step out, or write how many to go on
    "*5 * * * *"
          minute: `*5` is not a number (0..=59)
          at 0..2 "*5"
          hint: every 5 is `*/5`
    "1/2/3 * * * *"
          minute: `1` has a step but is not a range (0..=59)
          at 0..5 "1/2/3"
    "1-2-3 * * * *"
          minute: `2-3` is not a number (0..=59)
          at 2..5 "2-3"
    "é\u{a0}1 * * *\u{3000}*"
          second: `é` is not a number (0..=59)
          at 0..2 "é"
    "0 0 30 2 *"
          there is no such day: this would never run before 2100
          at 0..10 "0 0 30 2 *"
          hint: look at the day of month and the month
    "0 0 31 4,6,9,11 *"
          there is no such day: this would never run before 2100
          at 0..17 "0 0 31 4,6,9,11 *"
          hint: look at the day of month and the month
    "0 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa * * *"
          hour: `aaaaaaaaaaaaaaaaaaaaaaaa…` is not a number (0..=23)
          at 2..42 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    "#);
}
