package dev.loragateway.runtime;

import com.sun.net.httpserver.Headers;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Who may load adapters: whoever knows the key; without one this machine alone, and not by way of a
 * browser that a page of somebody else has sent here under a name of its own (DNS rebinding).
 * Thread-safe.
 */
final class CallerAccess {
  private static final String BEARER = "bearer ";

  private final @Nullable Path keyFile;
  private final boolean open;

  private CallerAccess(@Nullable Path keyFile, boolean open) {
    this.keyFile = keyFile;
    this.open = open;
  }

  /**
   * Guards one listener.
   *
   * @throws IOException if the key cannot be read, or other machines could call without one
   */
  static CallerAccess of(RuntimeSettings settings) throws IOException {
    Path keyFile = settings.apiKey();
    InetAddress listen = settings.listen().getAddress();
    if (keyFile != null) {
      KeyFile.read(keyFile);
    } else if (!settings.open() && (listen == null || !listen.isLoopbackAddress())) {
      throw new IOException(
          settings.listen()
              + " is open to other machines, which could load adapters (expected: --api-key-file,"
              + " an address of this machine alone such as 127.0.0.1, or --open)");
    }
    return new CallerAccess(keyFile, settings.open());
  }

  /**
   * Lets a request pass.
   *
   * @throws ProblemException if it may not
   */
  void check(Headers request) throws ProblemException {
    if (keyFile != null) {
      checkKey(request, keyFile);
    } else if (!open && !isHere(request)) {
      throw new ProblemException(
          Problem.MISDIRECTED, "the Host is not this machine (expected: localhost or 127.0.0.1)");
    }
  }

  /** Takes as long whatever the key begins with. */
  private static void checkKey(Headers request, Path keyFile) throws ProblemException {
    String sent = request.getFirst("Authorization");
    boolean knows =
        sent != null
            && sent.toLowerCase(Locale.ROOT).startsWith(BEARER)
            && MessageDigest.isEqual(
                bytes(sent.substring(BEARER.length()).strip()), bytes(expected(keyFile)));
    if (!knows) {
      throw new ProblemException(
          Problem.UNAUTHORIZED, "a key is needed here: send it as Authorization: Bearer KEY");
    }
  }

  private static String expected(Path keyFile) throws ProblemException {
    try {
      return KeyFile.read(keyFile);
    } catch (IOException e) {
      throw new ProblemException(Problem.NOT_READY, "the key of callers cannot be read", e);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static boolean isHere(Headers request) {
    List<String> hosts = Objects.requireNonNullElse(request.get("Host"), List.of());
    return hosts.stream().allMatch(CallerAccess::isLoopback);
  }

  private static boolean isLoopback(String host) {
    String name = host.strip().replaceFirst(":\\d*$", "");
    if (name.equalsIgnoreCase("localhost")) {
      return true;
    }
    try {
      return InetAddress.ofLiteral(name.replaceFirst("^\\[(.*)]$", "$1")).isLoopbackAddress();
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
