package dev.loragateway.kubernetes;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.IntOrString;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a {@link LoraAdapter} should be. Null where nothing is said. Immutable. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value =
        "has(self.model) == has(oldSelf.model) && (!has(self.model) || self.model =="
            + " oldSelf.model)",
    message = "model cannot be changed (expected: another object for another name)")
@ValidationRule(
    value = "!has(self.model) || self.model.matches('" + LoraAdapterSpec.NAME + "')",
    message = LoraAdapterSpec.NAME_MESSAGE,
    fieldPath = ".model")
@ValidationRule(
    value =
        "!has(self.replicas) || (type(self.replicas) == int ? self.replicas >= 0 :"
            + " self.replicas.matches('^(auto|all|[0-9]{1,6}(-([0-9]{1,6}|all))?)$'))",
    message = "replicas must be a number, all, auto, or bounds such as 0-4",
    fieldPath = ".replicas")
@ValidationRule(
    value = "!has(self.priority) || !has(self.priorityClass)",
    message = "priority and priorityClass exclude each other")
public record LoraAdapterSpec(
    @JsonPropertyDescription(
            "The name that users ask for; unset: the name of the object. It cannot be changed")
        @Size(max = 200)
        @Nullable String model,
    @JsonPropertyDescription(
            "The base model of the pool that is to serve it; unset: the one that its files name")
        @Size(max = 500)
        @Nullable String baseModel,
    @JsonPropertyDescription("Where its files are") @Required @Nullable Source source,
    @JsonPropertyDescription(
            "Endpoints that should have it: a number, all, auto (as many as its demand asks for),"
                + " or bounds for that such as 0-4; unset: auto")
        @Nullable IntOrString replicas,
    @JsonPropertyDescription("Adapters with a higher one are placed first; unset: 0")
        @Min(-1000000)
        @Max(1000000)
        @Nullable Integer priority,
    @JsonPropertyDescription("A name for a priority: low is -1000, normal 0, high 1000")
        @Nullable PriorityClass priorityClass,
    @JsonPropertyDescription("Endpoints that may have it") @Nullable Scheduling scheduling,
    @JsonPropertyDescription(
            "Further names; adapters with the same one share its requests by weight")
        @Size(max = 32)
        @Nullable List<Alias> aliases) {
  static final String NAME = "^[A-Za-z0-9][A-Za-z0-9._+=-]*(/[A-Za-z0-9][A-Za-z0-9._+=-]*)*$";
  static final String NAME_MESSAGE =
      "the name must consist of letters, digits and . _ + = - in segments between /";

  /** Where the files of an adapter are. Immutable. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @ValidationRule(
      value = "self.url.matches('^(/|file:///|https?://|s3://|hf://)[^ ]+$')",
      message = "url must begin with /, file:///, http://, https://, s3:// or hf://",
      fieldPath = ".url")
  public record Source(
      @JsonPropertyDescription(
              "file:///... or an absolute path as the engine sees it; or http(s)://, s3:// or"
                  + " hf://, which need a runtime beside the engine")
          @Required
          @Size(min = 1, max = 2000)
          String url,
      @JsonPropertyDescription("SHA-256 of the files in hexadecimal digits; unset: not checked")
          @Pattern("^[0-9a-f]{64}$")
          @Nullable String sha256,
      @JsonPropertyDescription(
              "A Secret of the same namespace whose entries are sent along with the request to"
                  + " load")
          @Nullable SecretRef secretRef) {}

  /** A Secret of the object's namespace. Immutable. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record SecretRef(@Required @Size(min = 1, max = 253) String name) {}

  /** A name for a priority. */
  public enum PriorityClass {
    @JsonProperty("low")
    LOW(-1000),
    @JsonProperty("normal")
    NORMAL(0),
    @JsonProperty("high")
    HIGH(1000);

    final int priority;

    PriorityClass(int priority) {
      this.priority = priority;
    }
  }

  /** Which endpoints may have it. Immutable. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Scheduling(
      @JsonPropertyDescription("Names of nodes") @Size(max = 1000) @Nullable List<String> nodes,
      @JsonPropertyDescription("Names of zones") @Size(max = 100) @Nullable List<String> zones,
      @JsonPropertyDescription("Engines: vllm or sglang") @Size(max = 10)
          @Nullable List<String> engines,
      @JsonPropertyDescription("Values that a label of an endpoint may have, by the label")
          @Size(max = 32)
          @Nullable Map<String, List<String>> labels) {}

  /** A further name. Immutable. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @ValidationRule(
      value = "self.name.matches('" + NAME + "')",
      message = NAME_MESSAGE,
      fieldPath = ".name")
  public record Alias(
      @Required @Size(min = 1, max = 200) String name,
      @JsonPropertyDescription(
              "Relative to the other adapters with this name; unset: 100; 0: none for now")
          @Min(0)
          @Max(1000)
          @Nullable Integer weight) {}
}
