package dev.loragateway.adapters;

import java.util.List;

/**
 * What the files of an adapter say of it. Immutable.
 *
 * @param rank the largest of its modules'
 * @param alpha scale of the update; 0 = not said
 * @param targetModules names of the modules that it changes, sorted; or the pattern of them
 * @param baseModel as it was called in training, a name or a path; empty = not said
 * @param bytes of its weights
 * @param tensors of its weights
 */
public record AdapterFacts(
    int rank, double alpha, List<String> targetModules, String baseModel, long bytes, int tensors) {
  public AdapterFacts {
    targetModules = List.copyOf(targetModules);
  }
}
