package dev.loragateway.config;

import dev.loragateway.config.GatewayConfig.Admin;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Reads the operators' side. Confined to the reading thread. */
final class AdminReader {
  private static final int MAX_TOKEN = 4 << 10;

  private final Format<String> tokenFile;

  AdminReader(Path baseDir) {
    tokenFile =
        FileFormat.of(
            "a readable file of at most 4KiB with a token: " + Formats.SECRET.expected(),
            baseDir,
            AdminReader::token);
  }

  /** Reads the section; {@code clients} is where clients connect. */
  Admin read(Section section, InetSocketAddress clients) {
    InetSocketAddress listen =
        section.value("listen", Addresses.LISTEN_ADDRESS, GatewayConfig.DEFAULT_ADMIN_LISTEN);
    if (overlap(clients, listen)) {
      section.fault(
          "listen", "is taken by listen already (expected: another port than the clients' one)");
    }
    return new Admin(listen, token(section));
  }

  private @Nullable String token(Section section) {
    Located<String> inPlace = section.find("token", Formats.SECRET);
    Located<String> inFile = section.find("tokenFile", tokenFile);
    if (section.has("token") && section.has("tokenFile")) {
      section.fault("tokenFile", "is there besides token (expected: one of the two)");
    }
    Located<String> found = inPlace == null ? inFile : inPlace;
    return found == null ? null : found.value();
  }

  /** A newline at the end, as editors leave one, is not part of the token. */
  private static Parsed<String> token(String file, byte[] bytes) {
    String token = new String(bytes, StandardCharsets.UTF_8).strip();
    return bytes.length <= MAX_TOKEN
            && Formats.SECRET.parse(token) instanceof Parsed.Value<String> good
        ? good
        : Parsed.wrong(file, "holds no token");
  }

  /** Whether two listeners would want one port; port 0 is any free one. */
  private static boolean overlap(InetSocketAddress one, InetSocketAddress other) {
    return one.getPort() == other.getPort()
        && one.getPort() != 0
        && (one.getAddress().equals(other.getAddress())
            || one.getAddress().isAnyLocalAddress()
            || other.getAddress().isAnyLocalAddress());
  }
}
