package dev.loragateway.registry;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class EndpointBitsTest {
  @Test
  void set_beyondOneWord_changesThatBitAlone() {
    EndpointBits bits = new EndpointBits(100);

    bits.set(3, true);
    bits.set(67, true);
    bits.set(99, true);
    bits.set(67, false);

    assertThat(bits.at(3)).isTrue();
    assertThat(bits.at(67)).isFalse();
    assertThat(bits.at(99)).isTrue();
    assertThat(bits.at(35)).isFalse();
  }
}
