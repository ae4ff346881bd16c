package dev.loragateway.bench.overhead;

import dev.loragateway.bench.process.Ports;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A router written in Rust: those of the vLLM and of the SGLang project have the same ancestor and
 * the same options. Immutable.
 *
 * @param name of the Python package
 * @param program in it
 * @param subcommand that starts it; empty = none
 */
record RustRouter(String name, String program, List<String> subcommand) implements Proxy {
  static RustRouter vllm() {
    return new RustRouter("vllm-router", "vllm-router", List.of());
  }

  static RustRouter sglang() {
    return new RustRouter("sglang-router", "smg", List.of("launch"));
  }

  @Override
  public String setting() {
    return "TOKIO_WORKER_THREADS=1, round robin";
  }

  @Override
  public void install() throws IOException, InterruptedException {
    Installer.python(name, name, program);
  }

  @Override
  public String version() throws IOException, InterruptedException {
    return Installer.pythonVersion(name);
  }

  @Override
  public Launch configure(Site site) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Installer.python(name, name, program).toString());
    command.addAll(subcommand);
    command.addAll(List.of("--host", "127.0.0.1", "--port", Integer.toString(site.port())));
    command.addAll(List.of("--policy", "round_robin", "--log-level", "error"));
    command.addAll(List.of("--max-concurrent-requests", "8192"));
    command.addAll(List.of("--prometheus-host", "127.0.0.1"));
    command.addAll(List.of("--prometheus-port", Integer.toString(Ports.free())));
    command.add("--worker-urls");
    site.servers().forEach(port -> command.add("http://127.0.0.1:" + port));
    return new Launch(command, Map.of("TOKIO_WORKER_THREADS", "1"));
  }
}
