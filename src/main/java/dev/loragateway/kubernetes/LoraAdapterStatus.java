package dev.loragateway.kubernetes;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How a {@link LoraAdapter} fares. Null where nothing is known. Immutable. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record LoraAdapterStatus(
    @JsonPropertyDescription("The generation of the object that this is about")
        @Nullable Long observedGeneration,
    @JsonPropertyDescription(
            "Pending, Loading, Ready, Degraded (served, but by fewer endpoints than there should"
                + " be), Archived (loaded nowhere until somebody asks), Failed or Refused")
        @Nullable String phase,
    @JsonPropertyDescription("The content that should be served") @Nullable String revision,
    @JsonPropertyDescription("The content that is served") @Nullable String servingRevision,
    @JsonPropertyDescription("Endpoints that should have it now") @Nullable Integer desiredReplicas,
    @JsonPropertyDescription("Endpoints that have it") @Nullable Integer readyReplicas,
    @JsonPropertyDescription("Why it is as it is") @Nullable String message,
    @JsonPropertyDescription("Its rank, where its files were seen") @Nullable Integer rank,
    @JsonPropertyDescription("Of its weights, where they were seen") @Nullable Long bytes,
    @JsonPropertyDescription("What becomes of it at each endpoint") List<Instance> instances,
    @JsonPropertyDescription("Accepted, Loaded and Ready") List<Condition> conditions) {

  /** Empty lists are not sent, so that there are none. */
  public LoraAdapterStatus {
    instances = instances == null ? List.of() : List.copyOf(instances);
    conditions = conditions == null ? List.of() : List.copyOf(conditions);
  }

  /** One copy. Immutable. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Instance(
      @JsonPropertyDescription("host:port of the endpoint") @Required String address,
      @Nullable String revision,
      @JsonPropertyDescription("Loading, Ready, Failed or Draining") @Nullable String state,
      @JsonPropertyDescription("Attempts to load it that failed in a row")
          @Nullable Integer attempts,
      @JsonPropertyDescription("When the next one comes") @Nullable String retryAt,
      @JsonPropertyDescription("Why it failed") @Nullable String message) {}
}
