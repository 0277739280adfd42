// Everything. Include the single headers where compile time matters.
#pragma once

#include "layerwatt/attribution.hpp"
#include "layerwatt/clock.hpp"
#include "layerwatt/compare.hpp"
#include "layerwatt/engine.hpp"
#include "layerwatt/error.hpp"
#include "layerwatt/host.hpp"
#include "layerwatt/profile.hpp"
#include "layerwatt/recording.hpp"
#include "layerwatt/registry.hpp"
#include "layerwatt/report.hpp"
#include "layerwatt/result.hpp"
#include "layerwatt/sensor.hpp"
#include "layerwatt/units.hpp"
#include "layerwatt/version.hpp"
