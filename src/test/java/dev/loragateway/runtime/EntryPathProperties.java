package dev.loragateway.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** No name of an entry leads out of where it is unpacked. */
class EntryPathProperties {
  private static final Path ROOT = Path.of("/volume/tmp/1");

  @Provide
  Arbitrary<String> names() {
    Arbitrary<String> parts =
        Arbitraries.frequencyOf(
            Tuple.of(
                6,
                Arbitraries.of(
                    "..",
                    ".",
                    "",
                    "/",
                    "\\",
                    "a",
                    "adapter_config.json",
                    "...",
                    ". .",
                    "..a",
                    "C:",
                    "\u0000",
                    "\uFF0E\uFF0E",
                    "%2e%2e",
                    "~",
                    " ")),
            Tuple.of(2, Arbitraries.strings().ofMaxLength(6)));
    return parts.list().ofMaxSize(12).map(list -> String.join("/", list));
  }

  @Property(tries = 20_000)
  void parse_anyName_isRefusedOrStaysBelow(@ForAll("names") String name) {
    EntryPath path = parse(name);
    if (path != null) {
      Path resolved = ROOT;
      for (String segment : path.segments()) {
        assertThat(resolved.resolve(segment).getParent()).isEqualTo(resolved);
        resolved = resolved.resolve(segment);
      }
      assertThat(resolved.normalize()).isEqualTo(resolved);
      assertThat(resolved.startsWith(ROOT)).isTrue();
      assertThat(path.isTop()).isEqualTo(resolved.equals(ROOT));
    }
  }

  @Property(tries = 5_000)
  void keeps_anyName_onlyPlainOnes(@ForAll("names") String name) {
    if (KeptFiles.keeps(name)) {
      assertThat(ROOT.resolve(name).normalize().getParent()).isEqualTo(ROOT);
      assertThat(name).doesNotContain("/", "\\", "\u0000").doesNotEndWith(".bin");
    }
  }

  @Property
  void parse_plainName_isTaken(@ForAll("plain") List<String> segments) {
    assertThat(parse(String.join("/", segments))).isEqualTo(new EntryPath(segments));
    assertThat(parse("./" + String.join("//", segments))).isEqualTo(new EntryPath(segments));
  }

  @Provide
  Arbitrary<List<String>> plain() {
    return Arbitraries.strings()
        .withCharRange('a', 'z')
        .withChars('_', '-', ' ')
        .ofMinLength(1)
        .ofMaxLength(20)
        .list()
        .ofMinSize(1)
        .ofMaxSize(8);
  }

  private static EntryPath parse(String name) {
    try {
      return EntryPath.parse(name);
    } catch (ProblemException e) {
      assertThat(e.problem()).isEqualTo(Problem.ADAPTER_REFUSED);
      assertThat(e.text().chars()).allMatch(c -> c >= 0x20);
      return null;
    }
  }
}
