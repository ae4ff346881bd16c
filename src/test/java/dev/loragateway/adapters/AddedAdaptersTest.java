package dev.loragateway.adapters;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.loragateway.adapters.AdapterCatalog.Declared;
import dev.loragateway.adapters.AddedAdapters.Done;
import dev.loragateway.adapters.AddedAdapters.NotConfigured;
import dev.loragateway.adapters.AddedAdapters.Outcome;
import dev.loragateway.adapters.AddedAdapters.Taken;
import dev.loragateway.adapters.AddedAdapters.Unknown;
import dev.loragateway.adapters.AddedAdapters.Unusable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddedAdaptersTest {
  private static final AdapterSpec FULL =
      new AdapterSpec(
          "acme/law",
          "base",
          new AdapterSource(
              "s3://models/law",
              "0123456789abcdef".repeat(4),
              Map.of("aws_secret_access_key", "s3cret"),
              Path.of("/adapters/law")),
          new Replicas(0, 4),
          new Preferences(5, Map.of("zone", Set.of("a", "b"))),
          List.of(new AliasShare("support", 10)));

  private static final AdapterSpec PLAIN =
      new AdapterSpec("tax", "", new AdapterSource("/adapters/tax"));

  @TempDir private Path directory;
  private final AdapterCatalog catalog = new AdapterCatalog();
  private Path file = Path.of("set-by-start");
  private AddedAdapters added = new AddedAdapters(catalog);

  @BeforeEach
  void start() {
    file = directory.resolve("added.json");
    catalog.expect(Set.of(AdapterCatalog.CONFIGURATION, AdapterCatalog.API));
    catalog.declare(
        AdapterCatalog.CONFIGURATION, List.of(new Declared(named("fixed"), "configuration")));
    added.use(file);
  }

  private static AdapterSpec named(String name) {
    return new AdapterSpec(name, "base", new AdapterSource("/adapters/" + name));
  }

  /** What a catalog has of the API. */
  private static Map<String, AdapterSpec> declared(AdapterCatalog catalog) {
    Map<String, AdapterSpec> specs = new TreeMap<>();
    catalog
        .current()
        .adapters()
        .forEach(
            (name, declared) -> {
              if (declared.origin().equals(AdapterCatalog.API)) {
                specs.put(name, declared.spec());
              }
            });
    return specs;
  }

  /** What a gateway that starts now finds. */
  private AdapterCatalog restarted() {
    AdapterCatalog next = new AdapterCatalog();
    next.expect(Set.of(AdapterCatalog.API));
    new AddedAdapters(next).use(file);
    return next;
  }

  private List<String> files() throws IOException {
    try (var names = Files.list(directory)) {
      return names.map(path -> path.getFileName().toString()).toList();
    }
  }

  @Test
  void added_isDeclared_andFoundAgainAfterARestart() {
    assertThat(added.add(FULL)).isEqualTo(new Done(true));
    assertThat(added.add(PLAIN)).isEqualTo(new Done(true));

    assertThat(declared(catalog))
        .containsExactly(Map.entry("acme/law", FULL), Map.entry("tax", PLAIN));
    assertThat(declared(restarted())).isEqualTo(declared(catalog));
  }

  @Test
  void file_isForItsOwnerAlone_andNothingElseIsLeft() throws IOException {
    added.add(FULL);
    added.add(PLAIN);

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(files()).containsExactly("added.json");
  }

  @Test
  void file_isReplaced_neverWrittenInPlace() throws IOException {
    added.add(FULL);
    Path kept = directory.resolve("kept.json");
    Files.createLink(kept, file);
    String before = Files.readString(kept);

    added.add(PLAIN);

    assertThat(Files.readString(kept)).isEqualTo(before);
    assertThat(Files.readString(file)).contains("tax");
  }

  @Test
  void linkedFile_staysALink() throws IOException {
    Path link = directory.resolve("link.json");
    Files.writeString(file, "{\"adapters\": []}");
    Files.createSymbolicLink(link, file);
    added.use(link);

    added.add(PLAIN);

    assertThat(Files.isSymbolicLink(link)).isTrue();
    assertThat(Files.readString(file)).contains("tax");
  }

  @Test
  void changed_takesTheOthersPlace() {
    added.add(named("tax"));

    assertThat(added.add(PLAIN)).isEqualTo(new Done(false));

    assertThat(declared(restarted())).containsExactly(Map.entry("tax", PLAIN));
  }

  @Test
  void removed_isGone_alsoAfterARestart() {
    added.add(FULL);
    added.add(PLAIN);

    assertThat(added.remove("tax")).isEqualTo(new Done(false));
    assertThat(added.remove("tax")).isEqualTo(new Unknown());

    assertThat(declared(catalog)).containsOnlyKeys("acme/law");
    assertThat(declared(restarted())).containsOnlyKeys("acme/law");
  }

  @Test
  void nameOfAnotherOrigin_isRefused() {
    assertThat(added.add(named("fixed"))).isEqualTo(new Taken("configuration"));
    assertThat(added.remove("fixed")).isEqualTo(new Taken("configuration"));

    assertThat(file).doesNotExist();
  }

  @Test
  void ownOneBehindThatOfAnotherOrigin_canBeRemoved() {
    added.add(named("tax"));
    catalog.declare(
        AdapterCatalog.CONFIGURATION, List.of(new Declared(named("tax"), "configuration")));

    assertThat(added.remove("tax")).isEqualTo(new Done(false));

    assertThat(catalog.current().clashes()).isEmpty();
    assertThat(catalog.current().adapters()).containsOnlyKeys("tax");
  }

  @Test
  void withoutAFile_nothingIsAdded() {
    added.use(null);

    assertThat(added.add(PLAIN)).isEqualTo(new NotConfigured());
    assertThat(added.remove("tax")).isEqualTo(new Unknown());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "{\"adapters\": {}}",
        "{\"adapters\": [], \"other\": 1}",
        "{\"adapters\": []} x",
        "{\"adapters\": [{\"name\": \"a\"}]}",
        "{\"adapters\": [{\"name\": \"a\", \"source\": \"/a\", \"x\": 1}]}",
        "{\"adapters\": [{\"name\":\"a\",\"source\":\"/a\"},{\"name\":\"a\",\"source\":\"/b\"}]}"
      })
  void brokenFile_keepsWhatWasReadLast_andIsNotWrittenOver(String broken) throws IOException {
    added.add(FULL);
    Files.writeString(file, broken);

    added.use(file);
    Outcome add = added.add(PLAIN);
    Outcome remove = added.remove("acme/law");

    assertThat(declared(catalog)).containsOnlyKeys("acme/law");
    assertThat(add).isInstanceOf(Unusable.class);
    assertThat(remove).isInstanceOf(Unusable.class);
    assertThat(((Unusable) add).reason()).contains(file.toString());
    assertThat(Files.readString(file)).isEqualTo(broken);
  }

  @Test
  void brokenFile_atTheStart_leavesOpenWhatThereShouldBe() throws IOException {
    Files.writeString(file, "{");

    assertThat(restarted().current().complete()).isFalse();
  }

  @Test
  void mendedFile_countsAgain() throws IOException {
    added.add(FULL);
    String good = Files.readString(file);
    Files.writeString(file, "{");
    added.use(file);

    Files.writeString(file, good);

    assertThat(added.add(PLAIN)).isEqualTo(new Done(true));
    assertThat(declared(catalog)).containsOnlyKeys("acme/law", "tax");
  }

  @Test
  void fileThatIsGone_takesNothingAway() throws IOException {
    added.add(FULL);
    Files.delete(file);

    added.use(file);
    added.add(PLAIN);

    assertThat(declared(restarted())).containsOnlyKeys("acme/law", "tax");
  }

  @Test
  void directoryThatIsNotThere_isToldAndNothingIsDeclared() {
    added.use(directory.resolve("none/added.json"));

    Outcome outcome = added.add(PLAIN);

    assertThat(outcome).isInstanceOf(Unusable.class);
    assertThat(((Unusable) outcome).reason()).contains("none/added.json cannot be written");
    assertThat(declared(catalog)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[] | it is no object",
        "{'source':'/a'} | name is missing",
        "{'name':'','source':'/a'} | name is empty",
        "{'name':1,'source':'/a'} | name is no string",
        "{'name':'a@b','source':'/a'} | name cannot be a name",
        "{'name':'../a','source':'/a'} | name cannot be a name",
        "{'name':'a'} | source is missing",
        "{'name':'a','source':'a/b'} | source is \"a/b\" (expected: an absolute path",
        "{'name':'a','source':'ftp://me:pw@h/x'} | source is \"ftp://***@h/x\"",
        "{'name':'a','source':'/a','colour':1} | colour is unknown (expected: one of name, baseMo",
        "{'name':'a','source':'/a','replicas':-1} | replicas is -1 (expected: a number",
        "{'name':'a','source':'/a','replicas':1.5} | replicas is 1.5",
        "{'name':'a','source':'/a','replicas':'4-2'} | replicas is \"4-2\"",
        "{'name':'a','source':'/a','sha256':'12'} | sha256 is \"12\" (expected: 64 hex",
        "{'name':'a','source':'/a','priority':'x'} | priority is \"x\" (expected: a whole number",
        "{'name':'a','source':'/a','aliases':'x'} | aliases is no list",
        "{'name':'a','source':'/a','aliases':['a']} | aliases[0] is a again",
        "{'name':'a','source':'/a','aliases':[{'name':'b','weight':1001}]} | aliases[0].weight is",
        "{'name':'a','source':'/a','aliases':[{'name':'b','size':1}]} | aliases[0].size is unknown",
        "{'name':'a','source':'/a','within':['x']} | within is no object",
        "{'name':'a','source':'/a','within':{'zone':[]}} | within.zone is empty",
        "{'name':'a','source':'/a','within':{'zone':[1]}} | within.zone is no string",
        "{'name':'a','source':'/a','credentials':{'k':1}} | credentials.k is no string",
        "{'name':'a','source':'/a','local':'x'} | local is \"x\" (expected: the absolute path"
      })
  void json_thatIsWrong_isToldByItsMember(String line) throws IOException {
    String[] parts = line.split(" \\| ", 2);
    JsonNode json = new ObjectMapper().readTree(parts[0].replace('\'', '"'));

    assertThat(SpecJson.read(json))
        .isInstanceOfSatisfying(
            SpecJson.Wrong.class,
            wrong -> {
              assertThat(wrong.message()).startsWith(parts[1]).contains("(expected: ");
              if (wrong.member() != null) {
                assertThat(wrong.message()).startsWith(wrong.member());
              }
            });
  }

  @Test
  void sourceAsText_hasNoCredentials() {
    assertThat(new AdapterSource("https://me:p@ss@host/law?X-Signature=abc").toString())
        .isEqualTo("https://***@host/law?***");
    assertThat(new AdapterSource("file:///adapters/law?1").toString())
        .isEqualTo("file:///adapters/law?1");
  }
}
