package dev.loragateway.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads a configuration file into a {@link GatewayConfig}, or finds all its mistakes at once. It
 * looks nothing up in the network. Stateless.
 */
public final class ConfigLoader {
  /** The largest file that is read, in bytes. */
  static final int MAX_BYTES = 1 << 20;

  private ConfigLoader() {}

  /**
   * Reads a file.
   *
   * @param env the environment variables that <code>${NAME}</code> may name
   */
  public static ConfigResult load(Path file, Map<String, String> env) {
    String source = file.toString();
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    } catch (NoSuchFileException e) {
      return unreadable(source, "does not exist (expected: a YAML file)");
    } catch (AccessDeniedException e) {
      return unreadable(source, "cannot be read: permission denied");
    } catch (IOException e) {
      return unreadable(source, "cannot be read: " + e.getMessage());
    }
    if (bytes.length > MAX_BYTES) {
      String largest = Quantities.showSize(MAX_BYTES);
      return unreadable(source, "is too large (expected: at most " + largest + ")");
    }
    try {
      String yaml = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return parse(yaml, source, directory(file), env);
    } catch (CharacterCodingException e) {
      return unreadable(source, "is not text in UTF-8");
    }
  }

  /**
   * Reads text.
   *
   * @param sourceName how messages call the text
   * @param baseDir where relative paths in it begin
   * @param env the environment variables that <code>${NAME}</code> may name
   */
  public static ConfigResult parse(
      String yaml, String sourceName, Path baseDir, Map<String, String> env) {
    Findings findings = new Findings(sourceName);
    YamlNode root = YamlTree.parse(yaml, findings);
    if (root instanceof YamlNode.Faulty) {
      return new ConfigResult.Invalid(findings.errors());
    }
    GatewayConfig config = read(root, baseDir, env, findings);
    return findings.errorCount() == 0
        ? new ConfigResult.Valid(config, findings.warnings())
        : new ConfigResult.Invalid(findings.errors());
  }

  /** Every key that a file may have, like {@code pools[].scrape.interval}. */
  static Set<String> keys() {
    Findings findings = new Findings("");
    read(YamlTree.parse("pools: [{}]", findings), Path.of(""), Map.of(), findings);
    return findings.keys();
  }

  private static GatewayConfig read(
      YamlNode root, Path baseDir, Map<String, String> env, Findings findings) {
    TlsReader tlsReader = new TlsReader(baseDir);
    PoolReader poolReader = new PoolReader(tlsReader, findings);
    RootReader reader =
        new RootReader(
            baseDir,
            poolReader,
            new AccessReader(baseDir, new Environment(env), findings),
            tlsReader,
            new AdminReader(baseDir),
            new AdaptersReader(baseDir, poolReader.modelNames()));
    return Section.read(root, new Environment(env), findings, reader::read);
  }

  /** Where relative paths in the file begin. */
  static Path directory(Path file) {
    Path parent = file.toAbsolutePath().getParent();
    return parent == null ? file.toAbsolutePath() : parent;
  }

  private static ConfigResult unreadable(String source, String message) {
    return new ConfigResult.Invalid(List.of(new ConfigError(source, 0, "", message)));
  }
}
