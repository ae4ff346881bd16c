package dev.loragateway.scrape;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class PrometheusParserProperties {

  @Property(tries = 500)
  void parser_anyBytes_neverThrows(@ForAll byte[] page) {
    parseAndMap(page, page.length);
  }

  @Property(tries = 2000)
  void parser_bytesOfTheFormat_neverThrows(@ForAll("nearlyPages") String text) {
    byte[] page = text.getBytes(UTF_8);
    parseAndMap(page, page.length);
  }

  @Property(tries = 500)
  void parser_pageCutAnywhere_neverThrows(@ForAll("nearlyPages") String text, @ForAll byte cut) {
    byte[] page = text.getBytes(UTF_8);
    parseAndMap(page, (cut & 0xff) % (page.length + 1));
  }

  @Property(tries = 500)
  void labelValue_written_readBack(@ForAll String value, @ForAll double number) {
    String escaped = value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    byte[] page = ("m{a=\"" + escaped + "\"} " + number).getBytes(UTF_8);
    List<Object> seen = new ArrayList<>();
    PrometheusParser.parse(
        page,
        page.length,
        PrometheusParserTest.visitor(
            name -> true,
            (name, labels, read) -> {
              seen.add(labels.getOrEmpty("a"));
              seen.add(read);
            }));
    assertThat(seen).containsExactly(new String(value.getBytes(UTF_8), UTF_8), number);
  }

  @Provide
  Arbitrary<String> nearlyPages() {
    return Arbitraries.of(
            "vllm:num_requests_running",
            "vllm:num_requests_waiting",
            "vllm:kv_cache_usage_perc",
            "vllm:lora_requests_info",
            "vllm:lora_adapter_loaded",
            "sglang:num_running_reqs",
            "{",
            "}",
            "max_lora=\"",
            "running_lora_adapters=\"a,,b\"",
            "level=\"gpu\"",
            "adapter_name=\"a\"",
            "\"",
            "\\",
            ",",
            "=",
            " ",
            "\t",
            "\n",
            "\r\n",
            "#",
            "1",
            "-",
            "e",
            ".",
            "NaN",
            "+Inf",
            "-1e400",
            "é",
            "\0")
        .list()
        .ofMaxSize(60)
        .map(parts -> String.join("", parts));
  }

  private static void parseAndMap(byte[] page, int length) {
    PrometheusParser.parse(
        page, length, PrometheusParserTest.visitor(name -> true, (name, labels, value) -> {}));
    for (Engine engine : Engine.values()) {
      EngineMapping.of(engine).map(page, length, 0);
    }
  }
}
