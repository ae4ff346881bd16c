package dev.loragateway.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

class ServiceNamesTest {
  @Test
  void name_thatAHostMayHave_stays() {
    assertThat(ServiceNames.of("customer-support-v1")).isEqualTo("customer-support-v1");
  }

  @Test
  void names_thatDifferInWhatHostsDoNotHave_stayDifferent() {
    assertThat(ServiceNames.of("acme/law")).startsWith("acme-law-").hasSize(17);
    assertThat(ServiceNames.of("acme/law")).isNotEqualTo(ServiceNames.of("acme.law"));
    assertThat(ServiceNames.of("7b/law")).startsWith("a-7b-law-");
    assertThat(ServiceNames.of("Law")).startsWith("law-");
  }

  @Property
  void name_ofAnyAdapter_isOneOfAHost(
      @ForAll @StringLength(min = 1, max = 200) @CharRange(from = '+', to = 'z') String adapter) {
    assertThat(ServiceNames.of(adapter)).matches("[a-z]([-a-z0-9]{0,61}[a-z0-9])?");
  }
}
