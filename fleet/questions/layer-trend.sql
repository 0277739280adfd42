-- title: energy and time of a layer, day by day
-- parameter: layer
-- parameter: model = %
-- parameter: device = %
-- needs: no layer has this name: SELECT 1 FROM layers WHERE layer LIKE :layer ESCAPE '!' LIMIT 1
-- plot: line x=date y=energy_mj series=device
--
-- Layers of one name are added up within their run. Where the data could not tell the layer from
-- others, its share of their energy is a guess, which no mean may hold: such runs are only counted.
WITH in_run AS (
  SELECT date, device, model, run_id, layer, measured,
         CASE WHEN count(energy_mj) = count(*) AND count(group_index) = 0
              THEN sum(energy_mj) END AS energy_mj,
         CASE WHEN count(time_mean_ms) = count(*) THEN sum(time_mean_ms) END AS time_ms,
         CASE WHEN count(group_index) > 0 THEN 1 ELSE 0 END AS in_group
  FROM layers
  WHERE layer LIKE :layer ESCAPE '!' AND model LIKE :model ESCAPE '!'
    AND device LIKE :device ESCAPE '!'
  GROUP BY date, device, model, run_id, layer, measured
)
SELECT l.date, l.device, l.model, r.engine, r.scope, l.layer, l.measured,
       count(*) AS runs,
       count(l.energy_mj) AS runs_with_energy,
       sum(l.in_group) AS runs_in_group,
       avg(l.energy_mj) AS energy_mj,
       1.96 * stddev_samp(l.energy_mj) / sqrt(nullif(count(l.energy_mj), 0)) AS energy_plus_minus_mj,
       avg(l.time_ms) AS time_ms
FROM in_run l
JOIN runs r ON r.run_id = l.run_id AND r.model = l.model
GROUP BY l.date, l.device, l.model, r.engine, r.scope, l.layer, l.measured
ORDER BY l.date, l.device, l.model, r.engine NULLS LAST, r.scope NULLS LAST, l.layer, l.measured
