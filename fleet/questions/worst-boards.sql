-- title: boards that need more energy than others of their kind for the same model
-- parameter: model = %
-- needs: no run tells which board it was measured on (--board): SELECT 1 FROM runs WHERE board IS NOT NULL LIMIT 1
-- plot: bar x=board y=energy_ratio series=device
--
-- Against the mean of its kind's boards, each counted once however often it ran.
WITH by_board AS (
  SELECT board, model, device, measured, engine, scope,
         count(*) AS runs, avg(energy_mj) AS energy_mj, avg(latency_mean_ms) AS latency_ms
  FROM runs
  WHERE board IS NOT NULL AND model LIKE :model ESCAPE '!'
  GROUP BY board, model, device, measured, engine, scope
), compared AS (
  SELECT board, model, device, measured, scope, runs,
         energy_mj /
           nullif(avg(energy_mj) OVER (PARTITION BY model, device, measured, engine, scope), 0)
           AS energy_ratio,
         latency_ms /
           nullif(avg(latency_ms) OVER (PARTITION BY model, device, measured, engine, scope), 0)
           AS latency_ratio,
         count(energy_mj) OVER (PARTITION BY model, device, measured, engine, scope) AS boards
  FROM by_board
)
SELECT board, device, measured, scope,
       sum(runs) AS runs,
       count(DISTINCT model) AS models,
       max(boards) AS boards_of_its_kind,
       avg(energy_ratio) AS energy_ratio,
       avg(latency_ratio) AS latency_ratio
FROM compared
WHERE boards >= 2 AND energy_ratio IS NOT NULL
GROUP BY board, device, measured, scope
ORDER BY energy_ratio DESC NULLS LAST, board, device, measured, scope NULLS LAST
