-- title: energy and time of a layer, day by day
-- parameter: layer
-- parameter: model = %
-- parameter: device = %
-- plot: line x=date y=energy_mj series=device
SELECT date, device, model, layer, measured,
       count(*) AS runs,
       avg(energy_mj) AS energy_mj,
       1.96 * stddev_samp(energy_mj) / sqrt(count(energy_mj)) AS energy_plus_minus_mj,
       avg(time_mean_ms) AS time_ms,
       avg(power_mw) AS power_mw
FROM layers
WHERE layer LIKE :layer AND model LIKE :model AND device LIKE :device
GROUP BY date, device, model, layer, measured
ORDER BY date, device, model, layer, measured
