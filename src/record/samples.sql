-- A stream's samples in spans of time, single ones and minutes as one series. Means are weighted by what they stand for.
-- ?1 stream, ?2 since, ?3 until, ?4 the span, all in milliseconds.
WITH series AS (
    SELECT t, 1 AS polls, fps_in AS in_min, fps_in AS in_mean, fps_in AS in_max,
        fps_out AS out_min, fps_out AS out_mean, fps_out AS out_max, output_age_ms AS age,
        0 AS updates, NULL AS trip_min, NULL AS trip_mean, NULL AS trip_max
    FROM polls WHERE stream = ?1 AND t >= ?2 AND t < ?3
    UNION ALL
    SELECT t, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, round_trip_ms, round_trip_ms, round_trip_ms
    FROM updates WHERE stream = ?1 AND t >= ?2 AND t < ?3
    UNION ALL
    SELECT t, polls, fps_in_min, fps_in, fps_in_max, fps_out_min, fps_out, fps_out_max, output_age_ms_max,
        updates, round_trip_ms_min, round_trip_ms, round_trip_ms_max
    FROM minutes WHERE stream = ?1 AND t >= ?2 AND t < ?3
)
SELECT ?2 + (t - ?2) / ?4 * ?4 AS at,
    min(in_min), sum(in_mean * polls) / sum(CASE WHEN in_mean IS NOT NULL THEN polls END), max(in_max),
    min(out_min), sum(out_mean * polls) / sum(CASE WHEN out_mean IS NOT NULL THEN polls END), max(out_max),
    max(age),
    min(trip_min), sum(trip_mean * updates) / sum(CASE WHEN trip_mean IS NOT NULL THEN updates END), max(trip_max),
    sum(polls), sum(updates)
FROM series GROUP BY 1 ORDER BY 1
