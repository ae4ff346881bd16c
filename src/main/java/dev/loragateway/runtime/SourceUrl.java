package dev.loragateway.runtime;

import dev.loragateway.runtime.Source.Archive;
import dev.loragateway.runtime.Source.Bucket;
import dev.loragateway.runtime.Source.Directory;
import dev.loragateway.runtime.Source.Hub;
import dev.loragateway.runtime.Source.Packing;
import dev.loragateway.runtime.Source.WebDirectory;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the {@code artifact_url} of a request. Stateless. */
final class SourceUrl {
  private static final String EXPECTED =
      "(expected: file:///DIRECTORY, http(s)://HOST/ARCHIVE.tar|.tar.gz|.tgz|.zip,"
          + " http(s)://HOST/DIRECTORY/, s3://BUCKET/PREFIX/ or hf://ORGANISATION/NAME[@REVISION])";
  private static final Pattern SCHEME = Pattern.compile("[a-z][a-z0-9+.-]{0,19}");
  private static final Pattern BUCKET =
      Pattern.compile("([A-Za-z0-9][A-Za-z0-9._-]{0,62})(?:/(\\P{Cntrl}*))?");
  private static final Pattern HUB =
      Pattern.compile(
          "([A-Za-z0-9_][A-Za-z0-9._-]*(?:/[A-Za-z0-9_][A-Za-z0-9._-]*)?)"
              + "(?:@([A-Za-z0-9_][A-Za-z0-9._/-]*))?");

  private SourceUrl() {}

  /**
   * The source.
   *
   * @throws ProblemException if there is none of this kind; the message shows no secrets
   */
  static Source parse(String url) throws ProblemException {
    if (url.startsWith("/")) {
      return directory(url);
    }
    int colon = url.indexOf("://");
    String scheme = colon < 0 ? "" : url.substring(0, colon).toLowerCase(Locale.ROOT);
    String rest = colon < 0 ? "" : url.substring(colon + 3);
    return switch (scheme) {
      case "file" -> file(rest);
      case "http", "https" -> web(url);
      case "s3" -> bucket(rest);
      case "hf", "huggingface" -> hub(rest);
      default ->
          throw new ProblemException(
              Problem.UNSUPPORTED_SOURCE,
              "artifact_url: its scheme is %s %s"
                  .formatted(SCHEME.matcher(scheme).matches() ? scheme : "missing", EXPECTED));
    };
  }

  private static Source file(String rest) throws ProblemException {
    String path = rest.startsWith("localhost/") ? rest.substring("localhost".length()) : rest;
    if (!path.startsWith("/")) {
      throw bad("file:// is not followed by an absolute path");
    }
    return directory(path);
  }

  private static Source directory(String path) throws ProblemException {
    try {
      return new Directory(Path.of(path).normalize());
    } catch (InvalidPathException e) {
      throw bad("the path is none of this system");
    }
  }

  private static Source web(String url) throws ProblemException {
    URI uri = uri(url);
    if (uri.getHost() == null) {
      throw bad("the URL has no host");
    }
    String path = uri.getPath() == null ? "" : uri.getPath().toLowerCase(Locale.ROOT);
    if (path.endsWith("/")) {
      return new WebDirectory(uri);
    }
    Packing packing = packing(path);
    if (packing == null) {
      throw new ProblemException(
          Problem.UNSUPPORTED_SOURCE,
          "artifact_url: %s is neither an archive nor a directory %s"
              .formatted(WebUrl.shown(uri), EXPECTED));
    }
    return new Archive(uri, packing);
  }

  private static URI uri(String url) throws ProblemException {
    try {
      return new URI(url);
    } catch (URISyntaxException e) {
      throw bad("it is no URL: " + e.getReason());
    }
  }

  private static @Nullable Packing packing(String path) {
    if (path.endsWith(".tar.gz") || path.endsWith(".tgz")) {
      return Packing.TAR_GZIP;
    }
    if (path.endsWith(".tar")) {
      return Packing.TAR;
    }
    return path.endsWith(".zip") ? Packing.ZIP : null;
  }

  private static Source bucket(String rest) throws ProblemException {
    Matcher matcher = BUCKET.matcher(rest);
    if (!matcher.matches()) {
      throw bad("it names no bucket and prefix");
    }
    String prefix = matcher.group(2) == null ? "" : matcher.group(2);
    boolean whole = prefix.isEmpty() || prefix.endsWith("/");
    return new Bucket(matcher.group(1), whole ? prefix : prefix + "/");
  }

  private static Source hub(String rest) throws ProblemException {
    String plain = rest.endsWith("/") ? rest.substring(0, rest.length() - 1) : rest;
    Matcher matcher = HUB.matcher(plain);
    if (!matcher.matches() || plain.contains("..") || plain.contains("//")) {
      throw bad("it names no repository of the Hub");
    }
    return new Hub(matcher.group(1), matcher.group(2) == null ? "main" : matcher.group(2));
  }

  private static ProblemException bad(String why) {
    return new ProblemException(
        Problem.BAD_REQUEST, "artifact_url: %s %s".formatted(why, EXPECTED));
  }
}
