package dev.loragateway.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loragateway.model.ModelCard;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelListTest {
  private static final ModelCard BASE = new ModelCard("base", null, "/models/base", 17, 4096);
  private static final ModelCard ADAPTER = new ModelCard("acme/a", "base", "/adapters/a", 18, 0);

  private static List<ModelCard> parse(String json) throws IOException {
    return ModelList.parse(json.getBytes(UTF_8));
  }

  @Test
  void parse_listOfVllm_readsBaseAndAdapter() throws IOException {
    String json =
        """
        {"object":"list","data":[
          {"id":"base","object":"model","created":17,"owned_by":"vllm","root":"/models/base",
           "parent":null,"max_model_len":4096,
           "permission":[{"id":"modelperm-1","created":99,"parent":"x","is_blocking":false}]},
          {"id":"acme/a","object":"model","created":18,"owned_by":"vllm","root":"/adapters/a",
           "parent":"base","max_model_len":null,"permission":[]}]}
        """;
    assertThat(parse(json)).containsExactly(BASE, ADAPTER);
    assertThat(parse(json).getLast().isAdapter()).isTrue();
  }

  @Test
  void parse_oddValues_areTolerated() throws IOException {
    assertThat(parse("{\"data\":[null,{\"id\":\"m\",\"created\":1.9e0,\"max_model_len\":1e30}]}"))
        .containsExactly(new ModelCard("m", null, null, 1, Integer.MAX_VALUE));
    assertThat(parse("{\"data\":[{\"created\":-5,\"parent\":\"\",\"root\":[1],\"id\":\"m\"}]}"))
        .containsExactly(new ModelCard("m", null, null, 0, 0));
    assertThat(parse("{\"data\":null}")).isEmpty();
    assertThat(parse("{\"x\":{\"data\":1},\"data\":[]}")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{",
        "{}",
        "{\"data\":{}}",
        "{\"data\":[1]}",
        "{\"data\":[{}]}",
        "{\"data\":[{\"id\":null}]}",
        "{\"data\":[{\"id\":\"\"}]}",
        "{\"data\":[{\"id\":7}]}",
        "{\"data\":[]}{}",
        "{\"data\":[",
        "<html>",
        "{\"data\":[{\"id\":\"m\"]}"
      })
  void parse_malformed_throwsWithReason(String json) {
    assertThatThrownBy(() -> parse(json)).isInstanceOf(IOException.class).message().isNotBlank();
  }

  @Test
  void parse_noId_namesThePlace() {
    assertThatThrownBy(() -> parse("{\"data\":[{}]}"))
        .hasMessage("Invalid model list at line: 1, column: 11: no id (expected: a name)");
  }

  @Test
  void parse_tooManyCards_isRefused() throws IOException {
    String card = "{\"id\":\"m\"},";
    String most = "{\"data\":[" + card.repeat(ModelList.MAX_CARDS - 1) + "{\"id\":\"m\"}";
    assertThat(parse(most + "]}")).hasSize(ModelList.MAX_CARDS);
    assertThatThrownBy(() -> parse(most + ",{\"id\":\"m\"}]}"))
        .hasMessageContaining("at most 100000 models");
  }

  @Test
  void renderList_cards_areInOpenAisShapeWithVllmsMembers() {
    assertThat(new String(ModelList.renderList(List.of(BASE, ADAPTER)), UTF_8))
        .isEqualTo(
            "{\"object\":\"list\",\"data\":[{\"id\":\"base\",\"object\":\"model\",\"created\":17,"
                + "\"owned_by\":\"lora-gateway\",\"root\":\"/models/base\",\"parent\":null,"
                + "\"max_model_len\":4096},{\"id\":\"acme/a\",\"object\":\"model\",\"created\":18,"
                + "\"owned_by\":\"lora-gateway\",\"root\":\"/adapters/a\",\"parent\":\"base\","
                + "\"max_model_len\":null}]}");
    assertThat(new String(ModelList.renderList(List.of()), UTF_8))
        .isEqualTo("{\"object\":\"list\",\"data\":[]}");
  }

  @Test
  void renderOne_nameWithQuotes_isEscaped() {
    assertThat(new String(ModelList.renderOne(new ModelCard("a\"\ud800", null, null, 0, 0)), UTF_8))
        .startsWith("{\"id\":\"a\\\"?\",");
  }

  @Test
  void parse_renderedList_isTheSame() throws IOException {
    assertThat(ModelList.parse(ModelList.renderList(List.of(BASE, ADAPTER))))
        .containsExactly(BASE, ADAPTER);
  }
}
