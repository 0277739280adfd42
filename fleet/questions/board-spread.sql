-- title: how much the boards of one kind differ, layer by layer
-- parameter: model = %
-- parameter: device = %
-- plot: bar x=layer y=spread_pct series=device
WITH by_board AS (
  SELECT model, device, measured, layer, board, avg(energy_mj) AS board_mj, count(*) AS runs
  FROM layers
  WHERE board IS NOT NULL AND energy_mj IS NOT NULL AND model LIKE :model AND device LIKE :device
  GROUP BY model, device, measured, layer, board
)
SELECT model, device, measured, layer,
       count(*) AS boards,
       sum(runs) AS runs,
       avg(board_mj) AS energy_mj,
       min(board_mj) AS lowest_mj,
       max(board_mj) AS highest_mj,
       100.0 * stddev_samp(board_mj) / avg(board_mj) AS spread_pct
FROM by_board
GROUP BY model, device, measured, layer
HAVING count(*) >= 2
ORDER BY spread_pct DESC, model, device, layer, measured
