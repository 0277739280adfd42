-- title: boards that need more energy than others of their kind for the same model
-- parameter: model = %
-- plot: bar x=board y=energy_ratio series=device
WITH kind AS (
  SELECT model, device, measured, avg(energy_mj) AS kind_mj, avg(latency_mean_ms) AS kind_ms
  FROM runs
  WHERE board IS NOT NULL AND model LIKE :model
  GROUP BY model, device, measured
)
SELECT r.board, r.device, r.measured,
       count(*) AS runs,
       avg(r.energy_mj / k.kind_mj) AS energy_ratio,
       avg(r.latency_mean_ms / k.kind_ms) AS latency_ratio,
       max(r.energy_mj) AS highest_mj
FROM runs r
JOIN kind k ON r.model = k.model AND r.device = k.device AND r.measured = k.measured
WHERE r.board IS NOT NULL
GROUP BY r.board, r.device, r.measured
ORDER BY energy_ratio DESC, r.board, r.device, r.measured
