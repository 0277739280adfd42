-- title: how much the boards of one kind differ, layer by layer
-- parameter: model = %
-- parameter: device = %
-- needs: no run tells which board it was measured on (--board): SELECT 1 FROM runs WHERE board IS NOT NULL LIMIT 1
-- plot: bar x=layer y=spread_pct series=device
WITH repeated AS (
  -- Names that stand for several layers of a run, or might. They are few, and all else is quicker.
  SELECT model, layer
  FROM layers
  WHERE group_index IS NULL AND model LIKE :model ESCAPE '!' AND device LIKE :device ESCAPE '!'
  GROUP BY model, layer
  HAVING min(layer_index) <> max(layer_index)
), part AS (
  -- What the data tell apart in a run: a layer (those of one name together), or a group of layers,
  -- in which the energy of each is a guess and only their sum is known.
  SELECT l.run_id, l.model, l.layer, l.energy_mj
  FROM layers l
  LEFT JOIN repeated p ON p.model = l.model AND p.layer = l.layer
  WHERE l.group_index IS NULL AND p.layer IS NULL AND l.energy_mj IS NOT NULL
    AND l.model LIKE :model ESCAPE '!' AND l.device LIKE :device ESCAPE '!'
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
    AND l.model LIKE :model ESCAPE '!' AND l.device LIKE :device ESCAPE '!'
  GROUP BY l.run_id, l.model, l.group_index, CASE WHEN l.group_index IS NULL THEN l.layer END
  HAVING count(l.energy_mj) = count(*)
), by_board AS (
  SELECT r.model, r.device, r.measured, r.engine, r.scope, n.layer, r.board,
         avg(n.energy_mj) AS board_mj, count(*) AS runs
  FROM part n
  JOIN runs r ON r.run_id = n.run_id AND r.model = n.model
  WHERE r.board IS NOT NULL
  GROUP BY r.model, r.device, r.measured, r.engine, r.scope, n.layer, r.board
)
SELECT model, device, measured, engine, scope, layer,
       count(*) AS boards,
       sum(runs) AS runs,
       avg(board_mj) AS energy_mj,
       min(board_mj) AS lowest_mj,
       max(board_mj) AS highest_mj,
       100.0 * stddev_samp(board_mj) / nullif(avg(board_mj), 0) AS spread_pct
FROM by_board
GROUP BY model, device, measured, engine, scope, layer
HAVING count(*) >= 2
ORDER BY spread_pct DESC NULLS LAST, model, device, layer, measured, engine NULLS LAST,
         scope NULLS LAST
