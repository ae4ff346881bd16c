package dev.loragateway.adapters;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.adapters.Inspection.Good;
import dev.loragateway.adapters.Inspection.Refused;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdapterFilesTest {
  private static final String CONFIG =
      """
      {"peft_type":"LORA","r":8,"lora_alpha":16,"target_modules":["v_proj","q_proj"],"bias":"none",
       "base_model_name_or_path":"meta-llama/Llama-2-7b","use_dora":false,"modules_to_save":null}
      """;
  private static final String TENSORS =
      """
      {"__metadata__":{"format":"pt"},
       "base_model.model.q_proj.lora_A.weight":{"dtype":"F16","shape":[8,4],"data_offsets":[0,64]},
       "base_model.model.q_proj.lora_B.weight":{"dtype":"F16","shape":[4,8],"data_offsets":[64,128]}}
      """;

  @TempDir Path directory;

  private Path write(String config, String header, int weights) throws IOException {
    Files.writeString(directory.resolve(AdapterFiles.CONFIG), config);
    byte[] json = header.getBytes(UTF_8);
    ByteBuffer file = ByteBuffer.allocate(Long.BYTES + json.length + weights);
    file.order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).put(json);
    Files.write(directory.resolve(AdapterFiles.WEIGHTS), file.array());
    return directory;
  }

  private String reason() throws IOException {
    return ((Refused) AdapterFiles.inspect(directory)).reason();
  }

  @Test
  void inspect_wholeAdapter_tellsItsFacts() throws IOException {
    assertThat(AdapterFiles.inspect(write(CONFIG, TENSORS, 128)))
        .isEqualTo(
            new Good(
                new AdapterFacts(
                    8, 16, List.of("q_proj", "v_proj"), "meta-llama/Llama-2-7b", 128, 2)));
  }

  @Test
  void inspect_rankPattern_largestRankCounts() throws IOException {
    String config = CONFIG.replace("\"r\":8", "\"r\":8,\"rank_pattern\":{\"q_proj\":32,\"v\":4}");
    Good good = (Good) AdapterFiles.inspect(write(config, TENSORS, 128));
    assertThat(good.facts().rank()).isEqualTo(32);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"LORA\" | \"IA3\" | peft_type is IA3 (expected: LORA)",
        "\"r\":8 | \"r\":0 | r is 0 (expected: a number from 1)",
        "\"r\":8 | \"r\":\"x\" | r is \"x\" (expected: a number from 1)",
        "\"use_dora\":false | \"use_dora\":true | use_dora is not supported by the engines",
        "\"bias\":\"none\" | \"bias\":\"all\" | bias is all (expected: none)",
        "\"modules_to_save\":null | \"modules_to_save\":[\"lm_head\"]"
            + " | modules_to_save is not supported by the engines",
      })
  void inspect_whatEnginesRefuse_isRefused(String from, String to, String reason)
      throws IOException {
    write(CONFIG.replace(from, to), TENSORS, 128);
    assertThat(reason()).isEqualTo("adapter_config.json: " + reason);
  }

  @Test
  void inspect_rankOfTheWeightsAboveTheConfigs_isRefused() throws IOException {
    write(CONFIG.replace("\"r\":8", "\"r\":4"), TENSORS, 128);
    assertThat(reason()).contains("q_proj.lora_A").contains("expected: a rank of at most 4");
  }

  @Test
  void inspect_filesThatAreMissing_areTold() throws IOException {
    assertThat(reason()).isEqualTo("there is no adapter_config.json");
    Files.writeString(directory.resolve(AdapterFiles.CONFIG), CONFIG);
    assertThat(reason()).isEqualTo("there is no adapter_model.safetensors");
    Files.writeString(directory.resolve("adapter_model.bin"), "");
    assertThat(reason()).startsWith("adapter_model.bin is a pickle");
  }

  @Test
  void inspect_configThatIsNoJson_isRefused() throws IOException {
    write("{", TENSORS, 128);
    assertThat(reason()).startsWith("adapter_config.json is no JSON: ");
    write("7", TENSORS, 128);
    assertThat(reason()).startsWith("adapter_config.json: r is ");
  }

  @ParameterizedTest
  @CsvSource({
    "127, 127 bytes of weights (expected: 128)",
    "129, 129 bytes of weights (expected: 128)"
  })
  void inspect_weightsThatAreNotWhole_areRefused(int weights, String why) throws IOException {
    write(CONFIG, TENSORS, weights);
    assertThat(reason())
        .isEqualTo("adapter_model.safetensors is no whole safetensors file: " + why);
  }

  @Test
  void inspect_headersThatAreNone_areRefused() throws IOException {
    write(CONFIG, "[]", 0);
    assertThat(reason()).endsWith("its header is no JSON object");
    write(CONFIG, "{\"a\":", 0);
    assertThat(reason()).endsWith("its header is no JSON");
    write(CONFIG, "{\"a\":{\"shape\":[1]}}", 0);
    assertThat(reason()).endsWith("tensor a has no shape or place");
    write(CONFIG, "{}", 0);
    assertThat(reason()).isEqualTo("adapter_model.safetensors has no tensors");
    Path weights = directory.resolve(AdapterFiles.WEIGHTS);
    Files.write(weights, new byte[] {1, 2, 3});
    assertThat(reason()).endsWith("it is too short");
    Files.write(weights, ByteBuffer.allocate(8).putLong(-1).array());
    assertThat(reason()).endsWith("a header of -1 bytes in a file of 8");
  }
}
