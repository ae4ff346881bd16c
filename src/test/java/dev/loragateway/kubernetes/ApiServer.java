package dev.loragateway.kubernetes;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * A real etcd and a real Kubernetes API server on free ports of the loopback, with role-based
 * access control. The system property {@code kube.tools} names the directory of its binary.
 * Confined to one thread.
 */
public final class ApiServer implements AutoCloseable {
  private static final String ADMIN = "admin-token";

  private final Path directory;
  private final int port = freePort();
  private final int etcdPort = freePort();
  private final Process etcd;
  private Process server;

  ApiServer(Path directory) throws IOException {
    this.directory = directory;
    keys();
    Files.writeString(directory.resolve("tokens.csv"), ADMIN + ",admin,admin,\"system:masters\"\n");
    String clients = "http://127.0.0.1:" + etcdPort;
    String peers = "http://127.0.0.1:" + freePort();
    etcd =
        run(
            "etcd",
            List.of(
                "etcd",
                "--data-dir=etcd",
                "--listen-client-urls=" + clients,
                "--advertise-client-urls=" + clients,
                "--listen-peer-urls=" + peers,
                "--initial-advertise-peer-urls=" + peers,
                "--initial-cluster=default=" + peers));
    start();
  }

  private static int freePort() {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      return free.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The keys that sign service accounts' tokens. */
  private void keys() throws IOException {
    KeyPair pair;
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(2048);
      pair = generator.generateKeyPair();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
    pem("sa.key", "PRIVATE KEY", pair.getPrivate().getEncoded());
    pem("sa.pub", "PUBLIC KEY", pair.getPublic().getEncoded());
  }

  private void pem(String file, String kind, byte[] content) throws IOException {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
    Files.writeString(
        directory.resolve(file),
        "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(kind, text, kind));
  }

  private Process run(String name, List<String> command) throws IOException {
    return new ProcessBuilder(command)
        .directory(directory.toFile())
        .redirectErrorStream(true)
        .redirectOutput(directory.resolve(name + ".log").toFile())
        .start();
  }

  /** Starts the API server; it is up when requests are answered. */
  public void start() throws IOException {
    List<String> command = new ArrayList<>();
    command.add(System.getProperty("kube.tools") + "/kube-apiserver");
    command.add("--etcd-servers=http://127.0.0.1:" + etcdPort);
    command.add("--bind-address=127.0.0.1");
    command.add("--advertise-address=127.0.0.1");
    command.add("--secure-port=" + port);
    command.add("--cert-dir=certs");
    command.add("--token-auth-file=tokens.csv");
    command.add("--authorization-mode=RBAC");
    command.add("--service-account-issuer=https://kubernetes.default.svc");
    command.add("--service-account-key-file=sa.pub");
    command.add("--service-account-signing-key-file=sa.key");
    command.add("--service-cluster-ip-range=10.0.0.0/24");
    server = run("apiserver", command);
  }

  /** Kills the API server; etcd keeps what it knew. */
  public void kill() {
    server.destroyForcibly().onExit().join();
  }

  boolean isRunning() {
    return server.isAlive();
  }

  /** A client of somebody who may do everything. */
  KubernetesClient admin() {
    return client(ADMIN);
  }

  /** A kubeconfig file of somebody who may do everything. */
  String kubeconfig(String namespace) {
    return """
    apiVersion: v1
    kind: Config
    clusters:
      - { name: c, cluster: { server: "https://127.0.0.1:%d", certificate-authority: "%s" } }
    users: [ { name: u, user: { token: %s } } ]
    contexts: [ { name: x, context: { cluster: c, user: u, namespace: %s } } ]
    current-context: x
    """
        .formatted(port, directory.resolve("certs/apiserver.crt"), ADMIN, namespace);
  }

  /** A client with a token. */
  KubernetesClient client(String token) {
    Config config =
        new ConfigBuilder(Config.empty())
            .withMasterUrl("https://127.0.0.1:" + port)
            .withOauthToken(token)
            .withTrustCerts(true)
            .withDisableHostnameVerification(true)
            .build();
    return new KubernetesClientBuilder().withConfig(config).build();
  }

  @Override
  public void close() {
    kill();
    etcd.destroyForcibly().onExit().join();
  }
}
