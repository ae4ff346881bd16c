package dev.loragateway.bench.overhead;

import dev.loragateway.bench.process.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * Installs what is missing: Debian packages, and Python packages each in a place of their own.
 * Stateless.
 */
public final class Installer {
  private Installer() {}

  /** Installs a Debian package without starting what it brings. */
  public static void debian(String name, String program) throws IOException, InterruptedException {
    if (Shell.has(program)) {
      return;
    }
    System.err.println("installing " + name + " ...");
    String sudo = System.getProperty("user.name").equals("root") ? "" : "sudo -n ";
    String install =
        "%senv RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends %s"
            .formatted(sudo, name);
    String script =
        """
        set -e
        mask=
        if [ -d /run/systemd/system ]; then %1$ssystemctl mask %2$s && mask=1; fi
        %3$s || { %1$sapt-get update && %3$s; }
        if [ "$mask" ]; then %1$ssystemctl unmask %2$s; %1$ssystemctl disable %2$s; fi
        """
            .formatted(sudo, program, install);
    Shell.output("bash", "-c", script);
  }

  /** Where a Python package's program is, after it was installed into an environment of its own. */
  static Path python(String name, String requirement, String program)
      throws IOException, InterruptedException {
    Path environment = cache().resolve(name);
    Path installed = environment.resolve("bin").resolve(program);
    if (!Files.isExecutable(installed)) {
      System.err.println("installing " + requirement + " ...");
      debian("python3-venv", "python3");
      Shell.output("python3", "-m", "venv", environment.toString());
      String pip = environment.resolve("bin/pip").toString();
      Shell.output(List.of(pip, "install", "-q", "--disable-pip-version-check", requirement));
    }
    return installed;
  }

  /** The version of an installed Python package. */
  static String pythonVersion(String name) throws IOException, InterruptedException {
    String pip = cache().resolve(name).resolve("bin/pip").toString();
    return Shell.output(pip, "show", "--disable-pip-version-check", name)
        .lines()
        .filter(line -> line.startsWith("Version: "))
        .map(line -> line.substring("Version: ".length()))
        .findFirst()
        .orElse("?");
  }

  private static Path cache() {
    String given = System.getenv("XDG_CACHE_HOME");
    Path home = Path.of(Objects.requireNonNull(System.getProperty("user.home")), ".cache");
    return (given == null || given.isEmpty() ? home : Path.of(given))
        .resolve("lora-gateway/proxies");
  }
}
