package dev.loragateway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** What h2spec, which tests servers of HTTP/2, says of the gateway at its strictest. */
@Tag("conformance")
final class H2specTest {
  /** So that a report with nothing in it does not pass. */
  private static final int AT_LEAST = 140;

  /** One that is answered with a body, since some cases need one. */
  private static final String TARGET = "/v1/models";

  /**
   * In the clear what does not begin as HTTP/2 is HTTP/1.1, and answered as such, with 400 and the
   * end; h2spec wants the end only.
   */
  private static final Set<String> OF_HTTP1 = Set.of("http2/3.5: Sends invalid connection preface");

  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  @TestFactory
  Stream<DynamicTest> h2spec_inTheClear_findsNothing() throws Exception {
    return report(gateways.start(setup()), OF_HTTP1);
  }

  @TestFactory
  Stream<DynamicTest> h2spec_overTls_findsNothing() throws Exception {
    X509Bundle own = Certificates.of("gateway");
    return report(gateways.start(setup().tls(Certificates.tls(own, null))), Set.of(), "-t", "-k");
  }

  private static Setup setup() {
    return Setup.of(gateways.simulator("base").address());
  }

  private static Stream<DynamicTest> report(Gateway gateway, Set<String> others, String... options)
      throws Exception {
    Path report = Files.createTempFile(tools(), "h2spec", ".xml");
    List<String> command = new ArrayList<>();
    command.addAll(List.of(tools().resolve("h2spec").toString(), "-S", "-h", "127.0.0.1"));
    command.addAll(List.of("-p", "" + gateway.port(), "-P", TARGET, "-j", report.toString()));
    command.addAll(List.of(options));
    run(command);
    List<DynamicTest> tests = tests(report, others);
    assertThat(tests).as(report.toString()).hasSizeGreaterThan(AT_LEAST);
    return tests.stream();
  }

  private static Path tools() {
    return Path.of(System.getProperty("conformance.tools"));
  }

  private static void run(List<String> command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    process.waitFor();
  }

  private static List<DynamicTest> tests(Path report, Set<String> others) throws Exception {
    NodeList cases =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(report.toFile())
            .getElementsByTagName("testcase");
    List<DynamicTest> tests = new ArrayList<>();
    for (int i = 0; i < cases.getLength(); i++) {
      Element one = (Element) cases.item(i);
      String name = one.getAttribute("package") + ": " + one.getAttribute("classname");
      tests.add(
          dynamicTest(
              name,
              () ->
                  assertThat(complaint(one).isEmpty())
                      .as(complaint(one))
                      .isEqualTo(!others.contains(name))));
    }
    return tests;
  }

  /** What is said of a case that failed or was skipped. */
  private static String complaint(Element one) {
    StringBuilder complaint = new StringBuilder();
    for (String tag : new String[] {"failure", "error", "skipped"}) {
      NodeList found = one.getElementsByTagName(tag);
      if (found.getLength() > 0) {
        complaint.append(tag).append(": ").append(found.item(0).getTextContent());
      }
    }
    return complaint.toString();
  }
}
