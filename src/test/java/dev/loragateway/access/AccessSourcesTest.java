package dev.loragateway.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.access.Proof.Granted;
import dev.loragateway.access.Proof.Unavailable;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AccessSourcesTest {
  private static final KeysSecret SECRET = new KeysSecret("ns", "keys", "keys.yaml");
  private static final ApiKey KEY =
      new ApiKey(
          new Caller("k", "t", ModelPatterns.ALL, RateLimits.NONE, null, true),
          Access.sha256("sk-1"),
          null);

  private volatile AccessSettings settings = new AccessSettings(true, List.of(), SECRET, null);
  private final Access access = new Access(() -> settings, InstantSource.system());

  @AfterEach
  void close() {
    access.close();
  }

  private Proof prove() {
    return access.prove("Bearer sk-1", null);
  }

  @Test
  void secret_notReadYet_isNotReadyAndTellsNobodyFromAnother() {
    assertThat(access.ready()).isFalse();
    assertThat(prove()).isInstanceOf(Unavailable.class);

    access.keys(SECRET, List.of(KEY));

    assertThat(access.ready()).isTrue();
    assertThat(prove()).isInstanceOf(Granted.class);
  }

  @Test
  void secret_thatAReloadNames_takesNobodyAway() {
    settings = new AccessSettings(true, List.of(KEY), null, null);
    assertThat(access.ready()).isTrue();

    settings = new AccessSettings(true, List.of(KEY), SECRET, null);

    assertThat(access.ready()).isTrue();
    assertThat(prove()).isInstanceOf(Granted.class);
    assertThat(access.prove("Bearer sk-2", null)).isInstanceOf(Unavailable.class);
  }

  @Test
  void secret_thatWasDropped_opensNothingWhenItIsNamedAgain() {
    access.keys(SECRET, List.of(KEY));
    assertThat(prove()).isInstanceOf(Granted.class);

    access.dropped(SECRET);

    assertThat(prove()).isInstanceOf(Unavailable.class);
  }

  @Test
  void keySet_withAKeyThatIsNotUnderstood_hasTheOthers() {
    KeySet good = Issuer.keys(Issuer.ec("k"));
    String strange = "{\"kty\":\"EC\",\"crv\":\"BP-256\",\"x\":\"AA\",\"y\":\"AA\",\"kid\":\"b\"}";
    String both = Issuer.jwks(Issuer.ec("k")).replace("\"keys\":[", "\"keys\":[" + strange + ",");

    assertThat(both).contains("BP-256");
    assertThat(KeySet.parse(both)).isNotNull().extracting(KeySet::size).isEqualTo(good.size());
    assertThat(KeySet.parse("{\"keys\":[" + strange + "]}")).isNull();
  }
}
