package dev.loragateway.bench.overhead;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/** A program that is compared. */
public interface Proxy {
  /** How it is started. Immutable. */
  record Launch(List<String> command, Map<String, String> environment) {
    public Launch {
      command = List.copyOf(command);
      environment = Map.copyOf(environment);
    }

    public static Launch of(String... command) {
      return new Launch(List.of(command), Map.of());
    }

    Launch with(String name, String value) {
      return new Launch(command, Map.of(name, value));
    }
  }

  String name();

  /** How it is held to one thread, and what else sets it apart. */
  String setting();

  /** Installs it, if it is missing. */
  void install() throws IOException, InterruptedException;

  String version() throws IOException, InterruptedException;

  /** Writes its configuration. */
  Launch configure(Site site) throws IOException, InterruptedException;

  /** The models that requests name: adapters, unless it cannot route them. */
  default List<String> models() {
    return OwnGateway.adapters();
  }
}
