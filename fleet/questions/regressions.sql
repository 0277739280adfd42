-- title: layers whose energy changed since a commit: runs of it against runs recorded later
-- parameter: commit
-- parameter: model = %
-- parameter: min_change_pct = 2
-- plot: bar x=layer y=change_pct series=model
WITH base AS (
  SELECT model, device, measured, max(recorded) AS until
  FROM runs
  WHERE commit_id LIKE concat(:commit, '%') AND model LIKE :model
  GROUP BY model, device, measured
), sided AS (
  SELECT l.model, l.device, l.measured, l.layer, l.energy_mj,
         CASE WHEN l.commit_id LIKE concat(:commit, '%') THEN 0 ELSE 1 END AS later
  FROM layers l
  JOIN base b ON l.model = b.model AND l.device = b.device AND l.measured = b.measured
  WHERE l.energy_mj IS NOT NULL AND (l.commit_id LIKE concat(:commit, '%') OR l.recorded > b.until)
), figures AS (
  SELECT model, device, measured, layer,
         sum(1 - later) AS runs_before,
         sum(later) AS runs_after,
         avg(CASE WHEN later = 0 THEN energy_mj END) AS before_mj,
         avg(CASE WHEN later = 1 THEN energy_mj END) AS after_mj,
         var_samp(CASE WHEN later = 0 THEN energy_mj END) AS before_var,
         var_samp(CASE WHEN later = 1 THEN energy_mj END) AS after_var
  FROM sided
  GROUP BY model, device, measured, layer
), judged AS (
  SELECT model, device, measured, layer, runs_before, runs_after, before_mj, after_mj,
         100.0 * (after_mj - before_mj) / before_mj AS change_pct,
         (after_mj - before_mj) / sqrt(before_var / runs_before + after_var / runs_after) AS welch_t
  FROM figures
  WHERE runs_before >= 2 AND runs_after >= 2 AND before_mj > 0 AND before_var + after_var > 0
)
SELECT model, device, measured, layer, runs_before, runs_after, before_mj, after_mj, change_pct,
       welch_t
FROM judged
WHERE abs(change_pct) >= CAST(:min_change_pct AS DOUBLE) AND abs(welch_t) > 4.0
ORDER BY change_pct DESC, model, device, layer, measured
