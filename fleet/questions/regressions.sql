-- title: layers whose energy changed since a commit: runs of it against runs recorded later
-- parameter: commit
-- parameter: model = %
-- parameter: min_change_pct = 2
-- needs: no run has this commit: SELECT 1 FROM runs WHERE left(commit_id, length(:commit)) = :commit AND :commit <> '' LIMIT 1
-- needs: nothing was recorded after this commit's runs, of their models and devices: SELECT 1 FROM (SELECT max(CASE WHEN left(commit_id, length(:commit)) = :commit THEN recorded END) AS until, max(recorded) AS latest FROM runs WHERE model LIKE :model ESCAPE '!' GROUP BY model, device) AS k WHERE latest > until LIMIT 1
-- plot: bar x=layer y=change_pct series=model
--
-- Only like is compared with like: engine and scope of the power belong to it, since module power
-- against power of the whole kit would be no regression.
WITH kind AS (
  SELECT run_id, model, device, measured, engine, scope, recorded,
         CASE WHEN left(commit_id, length(:commit)) = :commit THEN 0 ELSE 1 END AS later
  FROM runs
  WHERE model LIKE :model ESCAPE '!'
), base AS (
  SELECT model, device, measured, engine, scope, max(recorded) AS until
  FROM kind
  WHERE later = 0
  GROUP BY model, device, measured, engine, scope
), sided AS (
  SELECT k.run_id, k.model, k.device, k.measured, k.engine, k.scope, k.later
  FROM kind k
  JOIN base b ON k.model = b.model AND k.device = b.device AND k.measured = b.measured
    AND k.engine IS NOT DISTINCT FROM b.engine AND k.scope IS NOT DISTINCT FROM b.scope
  WHERE k.later = 0 OR k.recorded > b.until
), repeated AS (
  -- Names that stand for several layers of a run, or might. They are few, and all else is quicker.
  SELECT model, layer
  FROM layers
  WHERE group_index IS NULL AND model LIKE :model ESCAPE '!'
  GROUP BY model, layer
  HAVING min(layer_index) <> max(layer_index)
), part AS (
  -- What the data tell apart in a run: a layer (those of one name together), or a group of layers,
  -- in which the energy of each is a guess and only their sum is known.
  SELECT l.run_id, l.model, l.layer, l.energy_mj
  FROM layers l
  LEFT JOIN repeated p ON p.model = l.model AND p.layer = l.layer
  WHERE l.group_index IS NULL AND p.layer IS NULL AND l.energy_mj IS NOT NULL
    AND l.model LIKE :model ESCAPE '!'
  UNION ALL
  SELECT l.run_id, l.model,
         CASE WHEN count(*) = 1 THEN min(l.layer)
              WHEN l.group_index IS NULL THEN concat(min(l.layer), ' (', count(*), ' of this name)')
              ELSE concat(min_by(l.layer, l.layer_index), ' … ', max_by(l.layer, l.layer_index),
                          ' (', count(*), ' layers together)') END AS layer,
         sum(l.energy_mj) AS energy_mj
  FROM layers l
  LEFT JOIN repeated p ON p.model = l.model AND p.layer = l.layer
  WHERE (l.group_index IS NOT NULL OR p.layer IS NOT NULL)
    AND l.model LIKE :model ESCAPE '!'
  GROUP BY l.run_id, l.model, l.group_index, CASE WHEN l.group_index IS NULL THEN l.layer END
  HAVING count(l.energy_mj) = count(*)
), figures AS (
  SELECT s.model, s.device, s.measured, s.engine, s.scope, n.layer,
         sum(1 - s.later) AS runs_before,
         sum(s.later) AS runs_after,
         avg(CASE WHEN s.later = 0 THEN n.energy_mj END) AS before_mj,
         avg(CASE WHEN s.later = 1 THEN n.energy_mj END) AS after_mj,
         var_samp(CASE WHEN s.later = 0 THEN n.energy_mj END) AS before_var,
         var_samp(CASE WHEN s.later = 1 THEN n.energy_mj END) AS after_var
  FROM part n
  JOIN sided s ON s.run_id = n.run_id AND s.model = n.model
  GROUP BY s.model, s.device, s.measured, s.engine, s.scope, n.layer
), judged AS (
  SELECT model, device, measured, engine, scope, layer, runs_before, runs_after, before_mj, after_mj,
         100.0 * (after_mj - before_mj) / nullif(before_mj, 0) AS change_pct,
         (after_mj - before_mj) /
           nullif(sqrt(before_var / nullif(runs_before, 0) + after_var / nullif(runs_after, 0)), 0)
           AS welch_t
  FROM figures
  WHERE runs_before >= 2 AND runs_after >= 2 AND before_mj > 0
)
SELECT model, device, measured, engine, scope, layer, runs_before, runs_after, before_mj, after_mj,
       change_pct, welch_t
FROM judged
WHERE abs(change_pct) >= CAST(:min_change_pct AS DOUBLE) AND abs(welch_t) > 4.0
ORDER BY change_pct DESC, model, device, layer, measured, engine NULLS LAST, scope NULLS LAST
