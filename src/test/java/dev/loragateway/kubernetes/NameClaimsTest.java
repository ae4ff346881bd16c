package dev.loragateway.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.adapters.AdapterSource;
import dev.loragateway.adapters.AdapterSpec;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.util.List;
import org.junit.jupiter.api.Test;

class NameClaimsTest {
  private static AdapterObject object(String name, String created, boolean good) {
    Reading reading =
        good
            ? new Reading.Good(new AdapterSpec("law", "base", new AdapterSource("/" + name)))
            : new Reading.Faulty("InvalidSpec", "no");
    return new AdapterObject(
        new ObjectMetaBuilder()
            .withNamespace("llm")
            .withName(name)
            .withCreationTimestamp("2026-01-0" + created + "T00:00:00Z")
            .build(),
        "law",
        reading,
        null);
  }

  private static List<String> holders(AdapterObject... objects) {
    return NameClaims.settle(List.of(objects)).stream()
        .filter(object -> object.declared() != null)
        .map(object -> object.metadata().getName())
        .toList();
  }

  @Test
  void oldest_hasTheName() {
    assertThat(holders(object("a", "2", true), object("b", "1", true))).containsExactly("b");
  }

  @Test
  void equallyOld_theFirstByNameHasIt() {
    assertThat(holders(object("b", "1", true), object("a", "1", true))).containsExactly("a");
  }

  @Test
  void oldest_withAFault_leavesTheNameToTheNext() {
    assertThat(holders(object("a", "1", false), object("b", "2", true))).containsExactly("b");
  }

  @Test
  void others_sayWhoHasIt() {
    AdapterObject second =
        NameClaims.settle(List.of(object("a", "1", true), object("b", "2", true))).getLast();

    assertThat(second.reading())
        .isEqualTo(
            new Reading.Faulty("NameTaken", "law is declared by kubernetes:llm/a (ModelAdapter)"));
  }
}
