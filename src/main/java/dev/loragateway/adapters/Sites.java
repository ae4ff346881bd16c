package dev.loragateway.adapters;

/** Tells what an endpoint is like as somewhere to load adapters. */
@FunctionalInterface
interface Sites {
  PlacementSite site(ControlledEndpoint at);
}
